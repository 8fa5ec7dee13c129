import type { Insn } from "./insn.js";

/**
 * What an instruction is in the architecture's rules on concurrent modification and execution: only the kind. Which
 * kinds a version of the architecture lists is not the codec's to say.
 */
export interface CmodxClass {
  /** `B`, `BL`, `BLX`, `BX`, `BKPT`, `NOP`, `SVC`, `HVC`, `SMC`, `ISB`, `B.W`, `Bcc.W`, `NOP.W`; null for everything else. */
  readonly whole: string | null;
  /** Whether it executes under a condition other than always. */
  readonly conditional: boolean;
  /** The kinds of the two halfwords of a 32-bit Thumb instruction: `BL.hw1`, `Bcc.W.hw2`. */
  readonly halfwords?: readonly [hw1: string, hw2: string];
}

/**
 * Classifies an instruction. A word that is not `ok` has no kind: the rules are about instructions.
 *
 * @param insn - a decoded instruction
 * @returns its kind, and those of its halfwords when it has two and a kind
 * @example
 * ```ts
 * cmodxClass(decodeA32(0xe320f000)).whole; // "NOP"
 * cmodxClass(decodeA32(0xe1a00000)).whole; // null: mov r0, r0
 * cmodxClass(decodeT32(0xf000, 0xf800)).halfwords; // ["BL.hw1", "BL.hw2"]
 * ```
 */
export function cmodxClass(insn: Insn): CmodxClass {
  const whole = (insn.status === "ok" ? insn.encoding?.spec.cmodx : undefined) ?? null;
  const conditional = insn.cond !== "al";
  if (insn.isa === "a32" || insn.size === 2 || whole === null) return { whole, conditional };
  return { whole, conditional, halfwords: [`${whole}.hw1`, `${whole}.hw2`] };
}
