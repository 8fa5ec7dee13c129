/** How many bits of a number are set. */
export function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Halfwords as bytes in memory order. */
export function halfwordBytes(halves: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 * halves.length);
  for (const [i, half] of halves.entries()) {
    bytes[2 * i] = half & 0xff;
    bytes[2 * i + 1] = half >>> 8;
  }
  return bytes;
}
