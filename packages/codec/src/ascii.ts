/** Writes a string of ASCII characters; returns the offset behind it. */
export function putText(buffer: Uint8Array, offset: number, text: string): number {
  for (let i = 0; i < text.length; i++) buffer[offset + i] = text.charCodeAt(i);
  return offset + text.length;
}

/** The two digits of each byte, as a little-endian halfword; made when a number is first written. */
let digits: Uint16Array | undefined;

function madeDigits(): Uint16Array {
  const digit = (value: number): number => value + (value < 10 ? 0x30 : 0x57);
  digits = Uint16Array.from({ length: 256 }, (_, byte) => digit(byte >> 4) | (digit(byte & 15) << 8));
  return digits;
}

/** Writes a number as `0x` and digits; returns the offset behind it. It writes ten bytes, however few digits there are. */
export function putHex(view: DataView, offset: number, value: number): number {
  const pairs = digits ?? madeDigits();
  const count = value === 0 ? 1 : (35 - Math.clz32(value)) >> 2;
  // The first digit in the highest place: so there is no branch on how many there are.
  const left = value << (32 - 4 * count);
  view.setUint16(offset, 0x7830, true);
  view.setUint16(offset + 2, pairs[left >>> 24]!, true);
  view.setUint16(offset + 4, pairs[(left >>> 16) & 255]!, true);
  view.setUint16(offset + 6, pairs[(left >>> 8) & 255]!, true);
  view.setUint16(offset + 8, pairs[left & 255]!, true);
  return offset + 2 + count;
}
