import { cell, mapEntries } from "./layout.js";
import { coreLocal } from "./locals.js";
import { Code, type ModuleFunction, op, type } from "./wasm-encoder.js";

/**
 * Goes from function to function while each is in the map, until one leaves an instruction to whoever called, or the budget is used up.
 *
 * @param single - each function is one instruction: none is to be executed beyond the budget
 */
export function dispatcher(map: number, single: boolean): ModuleFunction {
  const key = 1;
  const code = new Code();
  const load = (at: number): Code => code.get(coreLocal).memory(op.i32_load, 4 * at);
  const entry = (): Code =>
    code
      .get(key)
      .constant(1)
      .op(op.i32_shr_u)
      .constant(mapEntries - 1)
      .op(op.i32_and)
      .constant(3)
      .op(op.i32_shl);
  code.op(op.loop, type.none);
  entry().memory(op.i32_load, map).get(key).op(op.i32_ne, op.if, type.none).get(key).op(op.return, op.end);
  code.get(coreLocal).get(key);
  entry().memory(op.i32_load, map + 4);
  code.op(op.call_indirect).u32(0).u32(0).set(key);
  load(cell.exit).op(op.if, type.none).get(key).op(op.return, op.end);
  load(cell.budget)
    .constant(0)
    .op(single ? op.i32_gt_s : op.i32_ge_s, op.br_if, 0);
  code.op(op.end).get(key);
  return { name: "d", locals: [], code };
}

/** A tail call: not every host has them. */
export function tailCall(): ModuleFunction {
  return {
    name: "t",
    locals: [],
    code: new Code().get(0).get(1).constant(0).op(op.return_call_indirect).u32(0).u32(0),
  };
}

/** What stands in a slot whose function is not compiled: it goes on there. */
export function stub(): ModuleFunction {
  return { name: "s", locals: [], code: new Code().get(1) };
}
