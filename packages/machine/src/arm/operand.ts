import { field, type Insn, inItBlock, type Operand } from "@cmodx/codec";
import type { Operations } from "../pseudocode/operations.js";

/** The program counter as instructions read it: two instructions of the set ahead. */
export function pcOf(insn: Insn): number {
  return (insn.address + (insn.isa === "a32" ? 8 : 4)) | 0;
}

/** R[n] of the manual: register 15 reads as the program counter. */
export function readRegister<V>(m: Operations<V>, insn: Insn, n: number): V {
  return n === 15 ? m.constant(pcOf(insn)) : m.register(n);
}

/** R[d] := value of a data-processing instruction; ALUWritePC for register 15: it exchanges in A32 and only branches in Thumb. */
export function writeRegister<V>(m: Operations<V>, insn: Insn, n: number, value: V): void {
  if (n !== 15) m.setRegister(n, value);
  else if (insn.isa === "a32") m.exchangeWritePC(value);
  else m.branchWritePC(value);
}

/** R[t] := loaded value; LoadWritePC for register 15. */
export function writeLoaded<V>(m: Operations<V>, n: number, value: V): void {
  if (n === 15) m.exchangeWritePC(value);
  else m.setRegister(n, value);
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

/** The immediate operands, in order. */
export function immediatesOf(insn: Insn): number[] {
  return insn.operands.flatMap((operand) => (operand.kind === "imm" ? [operand.value] : []));
}

/** The last immediate operand. */
export function immediateOf(insn: Insn): number {
  return immediatesOf(insn).at(-1) ?? 0;
}

const comparisons = new Set(["tst", "teq", "cmp", "cmn"]);

export function isComparison(mnemonic: string): boolean {
  return comparisons.has(mnemonic);
}

/** Does this word of the row set the flags? 16-bit encodings do outside IT blocks only, comparisons always. */
export function setsFlags(insn: Insn): boolean {
  if (insn.encoding?.spec.flags === undefined) return false;
  const s = field(insn, "S");
  if (s !== undefined) return s === 1;
  return comparisons.has(insn.mnemonic) || insn.size === 4 || !inItBlock(insn.it);
}
