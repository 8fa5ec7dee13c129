/** A linked ELF32 file for ARM with one code section at `address`, a blacklist of pointers, and symbols. */
export function linked(
  address: number,
  code: Uint8Array,
  blacklist: readonly number[],
  symbols: readonly (readonly [name: string, value: number, size: number, type: "function" | "none"])[],
): Uint8Array {
  const names = ["", ".text", "_kprobe_blacklist", ".symtab", ".strtab", ".shstrtab"];
  const table = (texts: readonly string[]) => {
    const offsets: number[] = [];
    let text = "";
    for (const one of texts) {
      offsets.push(text.length);
      text += `${one}\0`;
    }
    return { offsets, bytes: new TextEncoder().encode(text) };
  };
  const strings = table(["", ...symbols.map(([name]) => name)]);
  const sectionNames = table(names);
  const words = (values: readonly number[]) => new Uint8Array(Uint32Array.from(values).buffer);
  const symbolBytes = new Uint8Array(16 * (symbols.length + 1));
  const view = new DataView(symbolBytes.buffer);
  symbols.forEach(([, value, size, type], i) => {
    const at = 16 * (i + 1);
    view.setUint32(at, strings.offsets[i + 1]!, true);
    view.setUint32(at + 4, value, true);
    view.setUint32(at + 8, size, true);
    view.setUint8(at + 12, 0x10 | (type === "function" ? 2 : 0));
    view.setUint16(at + 14, 1, true);
  });
  // Type, flags, address, content, link, entry size; in the order of the names.
  const sections = [
    [0, 0, 0, new Uint8Array(), 0, 0],
    [1, 6, address, code, 0, 0],
    [1, 2, address + 0x10000, words(blacklist), 0, 0],
    [2, 0, 0, symbolBytes, 4, 16],
    [3, 0, 0, strings.bytes, 0, 0],
    [3, 0, 0, sectionNames.bytes, 0, 0],
  ] as const;
  const file: number[] = Array(52).fill(0);
  const headers = sections.flatMap(([type, flags, at, bytes, link, entry], i) => {
    while (file.length % 4 !== 0) file.push(0);
    const offset = file.length;
    file.push(...bytes);
    return [sectionNames.offsets[i]!, type, flags, at, offset, bytes.length, link, link === 0 ? 0 : 1, 4, entry];
  });
  while (file.length % 4 !== 0) file.push(0);
  const out = Uint8Array.from([...file, ...words(headers)]);
  const head = new DataView(out.buffer);
  out.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1], 0);
  head.setUint16(16, 2, true);
  head.setUint16(18, 40, true);
  head.setUint32(20, 1, true);
  head.setUint32(24, address, true);
  head.setUint32(32, file.length, true);
  head.setUint32(36, 0x05000200, true);
  [52, 0, 0, 40, sections.length, 5].forEach((value, i) => {
    head.setUint16(40 + 2 * i, value, true);
  });
  return out;
}
