/** A section of a file that a test makes. */
export interface MadeSection {
  readonly name: string;
  /** `sh_type`: 1 bytes of the program, 2 symbols, 3 strings. */
  readonly type: number;
  /** `sh_flags`: 2 in memory, 4 executable. */
  readonly flags: number;
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Index of another of these sections, from 1 on. */
  readonly link?: number;
  readonly entryBytes?: number;
}

/** A table of strings, each with its offset. */
export function stringTable(texts: readonly string[]): { offsets: number[]; bytes: Uint8Array } {
  const offsets: number[] = [];
  let text = "";
  for (const one of texts) {
    offsets.push(text.length);
    text += `${one}\0`;
  }
  return { offsets, bytes: new TextEncoder().encode(text) };
}

export const words = (values: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

/** A linked little-endian ELF32 file for ARM with these sections behind the null one. */
export function makeElf(entry: number, sections: readonly MadeSection[]): Uint8Array {
  const names = stringTable(["", ...sections.map(({ name }) => name), ".shstrtab"]);
  const none = { name: "", type: 0, flags: 0, address: 0, bytes: new Uint8Array() };
  const all: MadeSection[] = [none, ...sections, { ...none, name: ".shstrtab", type: 3, bytes: names.bytes }];
  const file: number[] = Array(52).fill(0);
  const align = () => {
    while (file.length % 4 !== 0) file.push(0);
  };
  const headers = all.flatMap(({ type, flags, address, bytes, link = 0, entryBytes = 0 }, i) => {
    align();
    const offset = file.length;
    file.push(...bytes);
    return [names.offsets[i]!, type, flags, address, offset, bytes.length, link, link === 0 ? 0 : 1, 4, entryBytes];
  });
  align();
  const out = Uint8Array.from([...file, ...words(headers)]);
  const head = new DataView(out.buffer);
  out.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1], 0);
  head.setUint16(16, 2, true);
  head.setUint16(18, 40, true);
  head.setUint32(20, 1, true);
  head.setUint32(24, entry, true);
  head.setUint32(32, file.length, true);
  head.setUint32(36, 0x05000200, true);
  [52, 0, 0, 40, all.length, all.length - 1].forEach((value, i) => {
    head.setUint16(40 + 2 * i, value, true);
  });
  return out;
}
