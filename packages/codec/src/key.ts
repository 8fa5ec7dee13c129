/** The bits that a 32-bit word is looked up by. */
export interface Key {
  /** The key of a word. The upper nine bits are its part. */
  readonly of: (word: number) => number;
  /** The bits of a word that its key tells. */
  readonly fixed: (word: number) => number;
}

export const keys = 0x2000;
export const partShift = 4;

/** The bits of a word that tell its part. */
export const partBitsA32 = 0x0ff00000;
export const partBitsT32 = 0x1ff00000;

/** cond = 1111, bits 27:20 and bits 7:4. */
export function keyOfA32(word: number): number {
  return (word >>> 28 === 15 ? 0x1000 : 0) | ((word >>> 16) & 0xff0) | ((word >>> 4) & 15);
}

/** hw1 bits 12:4, and hw2 bits 15:12 where hw1 starts with 11110 (branches, immediates), bits 11:8 elsewhere: they tell most. */
export function keyOfT32(word: number): number {
  return ((word >>> 16) & 0x1ff0) | ((word >>> (12 - ((word >>> 25) & 4))) & 15);
}

export const keyA32: Key = {
  of: keyOfA32,
  fixed: (word) => (word >>> 28 === 15 ? 0xf0000000 : 0) | partBitsA32 | 0xf0,
};

/** 32-bit Thumb instructions start with three ones. */
export const keyT32: Key = {
  of: keyOfT32,
  fixed: (word) => 0xe0000000 | partBitsT32 | ((word >>> 27) & 1 ? 0xf00 : 0xf000),
};
