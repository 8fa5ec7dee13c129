/**
 * The bits that a 32-bit word is looked up by: in A32 cond = 1111, bits 27:20 and bits 7:4; in Thumb hw1 bits 12:4 and hw2
 * bits 7:4. The upper nine are its part.
 */
export const keys = 0x2000;
export const partShift = 4;

export const keyBitsA32 = 0x0ff000f0;
export const keyBitsT32 = 0x1ff000f0;

export function keyOfA32(word: number): number {
  return (word >>> 28 === 15 ? 0x1000 : 0) | ((word >>> 16) & 0xff0) | ((word >>> 4) & 15);
}

export function keyOfT32(word: number): number {
  return ((word >>> 16) & 0x1ff0) | ((word >>> 4) & 15);
}
