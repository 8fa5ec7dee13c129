import type { Insn } from "./insn.js";
import { adjustedPc, branchOffsetOf } from "./operands/branch.js";

/**
 * Where a direct branch goes, when it goes: the target of `effects(insn).branch`, for those who ask tens of thousands of
 * instructions for nothing else.
 *
 * @param insn - a decoded instruction
 * @returns the address, unsigned; undefined for an instruction that is no direct branch
 * @example
 * ```ts
 * directTarget(decodeA32(0xeb000000, 0x8000)); // bl 0x8008: 0x8008
 * ```
 */
export function directTarget(insn: Insn): number | undefined {
  const { encoding } = insn;
  if (encoding?.spec.branch === undefined || insn.status === "undefined") return undefined;
  const label = branchOffsetOf(encoding);
  return label && (adjustedPc(insn.isa, insn.address, label.align) + label.offset.read(insn.word)) >>> 0;
}
