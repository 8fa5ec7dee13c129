import type { Isa } from "@cmodx/codec";

// Where instructions branch to and which literals they load, from their words alone: the audit asks it of millions of words, of
// which it wants a few thousand. `test/audit/flow.test.ts` and `site-model.prop.test.ts` hold every answer to the codec's.

/** What an instruction does with an address that its own word tells. */
export const FLOW = { none: 0, branch: 1, load: 2 } as const;

const signed = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);
const upOrDown = (word: number): number => ((word & 0x800000) === 0 ? -(word & 0xfff) : word & 0xfff);

/** @see ARM DDI 0406C A5: B, BL and BLX (immediate), LDR (literal) */
export function a32Flow(word: number): number {
  if ((word & 0x0e000000) === 0x0a000000) return FLOW.branch;
  return (word & 0x0f7f0000) === 0x051f0000 && word >>> 28 !== 15 ? FLOW.load : FLOW.none;
}

/** The address that an A32 word with a flow branches to or loads from. */
export function a32Target(word: number, address: number): number {
  const pc = address + 8;
  if ((word & 0x0e000000) !== 0x0a000000) return (pc + upOrDown(word)) >>> 0;
  // BLX to Thumb has one more bit of offset where the others have the condition.
  const half = word >>> 28 === 15 ? (word >>> 23) & 2 : 0;
  return (pc + (signed((word & 0xffffff) << 2, 26) | half)) >>> 0;
}

/** @param word - a 16-bit Thumb instruction */
export function t16Flow(word: number): number {
  if (word >>> 11 === 0b11100 || (word & 0xf500) === 0xb100) return FLOW.branch;
  if (word >>> 12 === 0b1101) return (word & 0xe00) === 0xe00 ? FLOW.none : FLOW.branch;
  return word >>> 11 === 0b01001 ? FLOW.load : FLOW.none;
}

export function t16Target(word: number, address: number): number {
  const pc = address + 4;
  if (word >>> 11 === 0b01001) return ((pc & ~3) + ((word & 0xff) << 2)) >>> 0;
  if (word >>> 11 === 0b11100) return (pc + signed((word & 0x7ff) << 1, 12)) >>> 0;
  if (word >>> 12 === 0b1101) return (pc + signed((word & 0xff) << 1, 9)) >>> 0;
  return (pc + (((word & 0x200) >>> 3) | ((word & 0xf8) >>> 2))) >>> 0;
}

/** @param word - a 32-bit Thumb instruction, its first halfword in the upper half */
export function t32Flow(word: number): number {
  if ((word & 0xf8008000) >> 0 === 0xf0008000 >> 0) {
    // B conditional, where the condition is none of the two that other instructions have; B, BLX and BL otherwise.
    if ((word & 0x5000) !== 0) return (word & 0x5001) === 0x4001 ? FLOW.none : FLOW.branch;
    return (word & 0x03800000) === 0x03800000 ? FLOW.none : FLOW.branch;
  }
  return (word & 0xff7f0000) >> 0 === 0xf85f0000 >> 0 ? FLOW.load : FLOW.none;
}

export function t32Target(word: number, address: number): number {
  const pc = address + 4;
  if (word >>> 27 !== 0b11110) return ((pc & ~3) + upOrDown(word)) >>> 0;
  const s = (word >>> 26) & 1;
  const [j1, j2] = [(word >>> 13) & 1, (word >>> 11) & 1];
  const low = (word & 0x7ff) << 1;
  if ((word & 0x5000) === 0) {
    return (pc + signed((s << 20) | (j2 << 19) | (j1 << 18) | (((word >>> 16) & 0x3f) << 12) | low, 21)) >>> 0;
  }
  const top = (s << 24) | ((j1 ^ s ^ 1) << 23) | ((j2 ^ s ^ 1) << 22);
  // BLX, to A32, counts from a word.
  return (((word & 0x5000) === 0x4000 ? pc & ~3 : pc) + signed(top | (((word >>> 16) & 0x3ff) << 12) | low, 25)) >>> 0;
}

/**
 * Is a word of four bytes a direct branch that {@link branchWord} can make elsewhere: B or BL of A32, BL or the unconditional B of T32?
 * Those that change the instruction set, or cannot reach far, are none.
 */
export function isDirectBranch(isa: Isa, word: number): boolean {
  if (isa === "a32") return (word & 0x0e000000) === 0x0a000000 && word >>> 28 !== 15;
  return (word & 0xf8009000) >> 0 === 0xf0009000 >> 0;
}

/** The address that such a branch goes to. */
export function branchWordTarget(isa: Isa, word: number, address: number): number {
  return isa === "a32" ? a32Target(word, address) : t32Target(word, address);
}

/** Does an unconditional `b` of two or four bytes reach from one address to another? Addresses wrap at 4 GiB. */
export function branchReaches(isa: Isa, width: 2 | 4, from: number, to: number): boolean {
  const offset = (to - from - (isa === "a32" ? 8 : 4)) | 0;
  const reach = isa === "a32" ? 0x2000000 : width === 4 ? 0x1000000 : 0x800;
  return offset >= -reach && offset < reach && (offset & (isa === "a32" ? 3 : 1)) === 0;
}

/**
 * The same branch at another place, to any target; undefined where it does not reach that.
 *
 * @param word - of {@link isDirectBranch}
 */
export function branchWord(isa: Isa, word: number, address: number, target: number): number | undefined {
  return branchReaches(isa, 4, address, target) ? movedBranch(isa, word, address, target) >>> 0 : undefined;
}

/** As {@link branchWord} of a target that it reaches. Signed, words are small integers to the host. */
export function movedBranch(isa: Isa, word: number, address: number, target: number): number {
  const offset = (target - address - (isa === "a32" ? 8 : 4)) | 0;
  if (isa === "a32") return (word & 0xff000000) | ((offset >> 2) & 0xffffff);
  const s = (offset >> 24) & 1;
  const [j1, j2] = [((offset >> 23) & 1) ^ s ^ 1, ((offset >> 22) & 1) ^ s ^ 1];
  const upper = (s << 26) | (((offset >> 12) & 0x3ff) << 16);
  return (word & 0xf800d000) | upper | (j1 << 13) | (j2 << 11) | ((offset >> 1) & 0x7ff);
}
