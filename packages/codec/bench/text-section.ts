/** The bytes of `.text` of a little-endian ELF32 file. */
export function textSection(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const sections = view.getUint32(32, true);
  const size = view.getUint16(46, true);
  const header = (i: number): number => sections + i * size;
  const names = view.getUint32(header(view.getUint16(50, true)) + 16, true);
  for (let i = 0; i < view.getUint16(48, true); i++) {
    const name = names + view.getUint32(header(i), true);
    if (new TextDecoder().decode(file.subarray(name, name + 6)) !== ".text\0") continue;
    const from = view.getUint32(header(i) + 16, true);
    return file.subarray(from, from + view.getUint32(header(i) + 20, true));
  }
  throw new RangeError("the file has no .text");
}
