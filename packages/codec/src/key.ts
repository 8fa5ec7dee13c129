/** The bits that a canonical opcode is looked up by. */
export interface Key {
  /** How many keys there are. */
  readonly count: number;
  /** The key of a word. All but its lower four bits are its part. */
  readonly of: (word: number) => number;
  /** The bits of a word that its key tells. */
  readonly fixed: (word: number) => number;
}

export const partShift = 4;

/** First halfwords from here up start a 32-bit Thumb instruction. */
export const firstWide = 0xe800;

/** The bits of a word that tell its part. */
export const partBitsA32 = 0x0ff00000;
export const partBitsWide = 0x1ff00000;
export const partBitsNarrow = 0xfc00;

/** cond = 1111, bits 27:20 and bits 7:4. */
export function keyOfA32(word: number): number {
  return (word >>> 28 === 15 ? 0x1000 : 0) | ((word >>> 16) & 0xff0) | ((word >>> 4) & 15);
}

export const keyA32: Key = {
  count: 0x2000,
  of: keyOfA32,
  fixed: (word) => (word >>> 28 === 15 ? 0xf0000000 : 0) | partBitsA32 | 0xf0,
};

/** hw1 bits 12:4, and hw2 bits 15:12 where hw1 starts with 11110 (branches, immediates), bits 11:8 elsewhere: they tell most. */
export function keyOfWide(hw1: number, hw2: number): number {
  return (hw1 & 0x1ff0) | ((hw2 >>> (12 - ((hw1 >>> 9) & 4))) & 15);
}

/** Bits 15:6, above the keys of 32-bit instructions. */
export function keyOfNarrow(halfword: number): number {
  return 0x2000 | (halfword >>> 6);
}

/** Both kinds of Thumb: a 16-bit one has nothing in the upper half of its opcode. 32-bit ones start with three ones. */
export const keyT32: Key = {
  count: 0x2400,
  of: (word) => (word >>> 16 === 0 ? keyOfNarrow(word) : keyOfWide(word >>> 16, word)),
  fixed: (word) =>
    word >>> 16 === 0 ? 0xffffffc0 | 0 : 0xe0000000 | partBitsWide | ((word >>> 27) & 1 ? 0xf00 : 0xf000),
};
