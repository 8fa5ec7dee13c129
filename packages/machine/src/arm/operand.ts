import type { Insn, Operand } from "@cmodx/codec";
import type { Builder } from "../builder.js";
import type { Value } from "../core-state.js";

/** The program counter as instructions read it: two instructions of the set ahead. */
function readPc(machine: Builder, insn: Insn): Value {
  return machine.constant(machine.pc + (insn.isa === "a32" ? 8 : 4));
}

/** R[n] of the manual: register 15 reads as the program counter. */
export function readRegister(machine: Builder, insn: Insn, register: number): Value {
  return register === 15 ? readPc(machine, insn) : machine.register(register);
}

/** R[d] := value; a write to register 15 branches (BXWritePC: bit 0 chooses the instruction set). */
export function writeRegister(machine: Builder, insn: Insn, register: number, value: Value): void {
  if (register !== 15) machine.setRegister(register, value);
  else exchange(machine, insn, value);
}

/** BXWritePC: on with the instruction set that bit 0 of the target names. */
export function exchange(machine: Builder, _insn: Insn, target: Value): void {
  const thumb = (target.value & 1) === 1;
  machine.setInstructionSet(thumb ? "t32" : "a32");
  machine.branchTo(machine.compute(thumb ? target.value & ~1 : target.value & ~3, target));
}

/** An operand with the carry its shifter puts out. */
export interface Shifted {
  readonly value: Value;
  readonly carry: number;
}

/** Shift_C of the manual. */
export function shift(machine: Builder, value: Value, kind: string, amount: number, carryIn: number): Shifted {
  const x = value.value;
  const made = (result: number, carry: number): Shifted => ({ value: machine.compute(result, value), carry });
  if (kind === "rrx") return made((carryIn << 31) | (x >>> 1), x & 1);
  if (amount === 0) return { value, carry: carryIn };
  switch (kind) {
    case "lsl":
      return amount > 32 ? made(0, 0) : made(amount === 32 ? 0 : x << amount, (x >>> (32 - amount)) & 1);
    case "lsr":
      return amount > 32 ? made(0, 0) : made(amount === 32 ? 0 : x >>> amount, (x >>> (amount - 1)) & 1);
    case "asr":
      return amount >= 32 ? made(x >> 31, (x >>> 31) & 1) : made(x >> amount, (x >> (amount - 1)) & 1);
    default: {
      const by = amount & 31;
      const result = by === 0 ? x : (x >>> by) | (x << (32 - by));
      return made(result, (result >>> 31) & 1);
    }
  }
}

/** The register operands of an instruction, in order, as numbers. */
export function registersOf(operands: readonly Operand[]): number[] {
  return operands.flatMap((operand) => (operand.kind === "reg" ? [operand.reg] : []));
}

/** Where a branch goes. */
export function targetOf(insn: Insn): number {
  const target = insn.operands.find((operand) => operand.kind === "target");
  return target?.kind === "target" ? target.address : insn.address;
}

/** The last immediate operand. */
export function immediateOf(insn: Insn): number {
  let value = 0;
  for (const operand of insn.operands) if (operand.kind === "imm") value = operand.value;
  return value;
}
