import { advanceIt, type Insn, inItBlock } from "@cmodx/codec";

/** What a trap saves: r0 to r15 and the flags, unsigned; a handler may change them. */
export interface Registers {
  /** r0 to r15; 13 SP, 14 LR, 15 PC. */
  readonly r: Uint32Array;
  cpsr: number;
}

/**
 * ITSTATE, whose bits lie in two parts of the flags.
 *
 * @param cpsr - the program status register
 *
 * @example
 * ```ts
 * itStateOf(0x0600_8030); // 0x83
 * ```
 */
export function itStateOf(cpsr: number): number {
  return ((cpsr >>> 8) & 0xfc) | ((cpsr >>> 25) & 3);
}

/**
 * The flags with ITSTATE as it is after one instruction.
 *
 * @param cpsr - the program status register, in an IT block or outside of one
 *
 * @example
 * ```ts
 * itStateOf(withItAdvanced(0x0000_1c30)); // 0x18
 * itStateOf(withItAdvanced(0x0000_1830)); // 0x0
 * ```
 */
export function withItAdvanced(cpsr: number): number {
  const it = advanceIt(itStateOf(cpsr));
  return ((cpsr & ~0x0600fc00) | ((it & 0xfc) << 8) | ((it & 3) << 25)) >>> 0;
}

/**
 * Whether an instruction's condition holds: the field of A32 words and of conditional Thumb branches, otherwise ITSTATE's.
 *
 * @param insn - the instruction
 * @param cpsr - the program status register before it
 *
 * @example
 * ```ts
 * import { decodeA32 } from "@cmodx/codec";
 *
 * const moveqs = decodeA32(0x01a00001, 0);
 * conditionHolds(moveqs, 0x4000_0010); // true
 * conditionHolds(moveqs, 0x0000_0010); // false
 * ```
 *
 * @see linux arch/arm/probes/decode-thumb.c, thumb_check_cc
 */
export function conditionHolds({ isa, size, word, encoding }: Insn, cpsr: number): boolean {
  if (isa === "a32") return holds(word >>> 28, cpsr);
  if (encoding?.id === "B_T1" || encoding?.id === "B_T3") return holds((word >>> (size === 2 ? 8 : 22)) & 15, cpsr);
  const it = itStateOf(cpsr);
  return inItBlock(it) ? holds(it >>> 4, cpsr) : true;
}

function holds(condition: number, cpsr: number): boolean {
  const [n, z, c, v] = [31, 30, 29, 28].map((bit) => (cpsr >>> bit) & 1);
  const base = [z === 1, c === 1, n === 1, v === 1, c === 1 && z === 0, n === v, n === v && z === 0, true][
    condition >>> 1
  ]!;
  return condition < 14 && (condition & 1) === 1 ? !base : base;
}
