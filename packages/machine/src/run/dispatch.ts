import { cell, mapEntries } from "./layout.js";
import { coreLocal } from "./values.js";
import { Code, type ModuleFunction, op, type } from "./wasm-encoder.js";

/**
 * Goes from function to function while each is in the map, until one leaves an instruction to the interpreter or the budget is used up.
 */
export function dispatcher(map: number): ModuleFunction {
  const code = new Code();
  const at = (): Code =>
    code
      .get(1)
      .constant(1)
      .op(op.i32_shr_u)
      .constant(mapEntries - 1)
      .op(op.i32_and)
      .constant(3)
      .op(op.i32_shl);
  code.op(op.loop, type.none);
  at().memory(op.i32_load, map).get(1).op(op.i32_ne, op.if, type.none).get(1).op(op.return, op.end);
  code.get(coreLocal).get(1);
  at().memory(op.i32_load, map + 4);
  code.op(op.call_indirect).u32(0).u32(0).set(1);
  code
    .get(coreLocal)
    .memory(op.i32_load, 4 * cell.exit)
    .op(op.if, type.none)
    .get(1)
    .op(op.return, op.end);
  code
    .get(coreLocal)
    .memory(op.i32_load, 4 * cell.budget)
    .constant(0)
    .op(op.i32_ge_s, op.br_if, 0);
  code.op(op.end).get(1);
  return { name: "d", locals: [], code };
}

/** What stands in a slot whose function is not compiled: it goes on there. */
export function stub(): ModuleFunction {
  return { name: "s", locals: [], code: new Code().get(1) };
}
