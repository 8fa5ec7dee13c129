import { makeElf, stringTable, words } from "../../../elf/test/make-elf.js";

/** A linked ELF32 file for ARM with one code section at `address`, a blacklist of pointers, and symbols. */
export function linked(
  address: number,
  code: Uint8Array,
  blacklist: readonly number[],
  symbols: readonly (readonly [name: string, value: number, size: number, type: "function" | "none"])[],
): Uint8Array {
  const strings = stringTable(["", ...symbols.map(([name]) => name)]);
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
  return makeElf(address, [
    { name: ".text", type: 1, flags: 6, address, bytes: code },
    { name: "_kprobe_blacklist", type: 1, flags: 2, address: address + 0x10000, bytes: words(blacklist) },
    { name: ".symtab", type: 2, flags: 0, address: 0, bytes: symbolBytes, link: 4, entryBytes: 16 },
    { name: ".strtab", type: 3, flags: 0, address: 0, bytes: strings.bytes },
  ]);
}
