import { type ByteSource, ElfError, findTable, mcountTable, memorySource, openElf, sectionTypes } from "@cmodx/elf";
import { expect, test } from "vitest";
import { makeElf, words } from "./make-elf.js";
import { exercise, patched, type SampleName, sample, sampleBytes } from "./samples.js";

/** The error that reading everything in these bytes throws, as code, field and offset. */
function failure(bytes: Uint8Array | ByteSource): [string, string, number] | string {
  try {
    exercise(openElf(bytes instanceof Uint8Array ? memorySource(bytes) : bytes));
  } catch (error) {
    if (error instanceof ElfError) return [error.code, error.field, error.offset];
    throw error;
  }
  return "no error";
}

/** Where the field of a section's header is in the file. */
function headerField(name: SampleName, section: string, field: number): number {
  const [found] = sample(name).sectionsNamed(section);
  return found!.headerOffset + field;
}

test("files that are no 32-bit ARM ELF file", () => {
  const thumb = () => sampleBytes("sites-thumb2.elf");
  const byte = (offset: number, value: number) => {
    const bytes = thumb();
    bytes[offset] = value;
    return failure(bytes);
  };
  expect(failure(new Uint8Array(0))).toEqual(["E_ELF_TRUNCATED", "e_ident", 0]);
  expect(failure(new TextEncoder().encode("#!/bin/sh\n"))).toEqual(["E_ELF_MAGIC", "e_ident", 0]);
  expect(failure(thumb().subarray(0, 51))).toEqual(["E_ELF_TRUNCATED", "e_ident", 51]);
  expect(byte(4, 2)).toEqual(["E_ELF_CLASS", "EI_CLASS", 4]);
  expect(byte(5, 0)).toEqual(["E_ELF_ORDER", "EI_DATA", 5]);
  expect(byte(18, 62)).toEqual(["E_ELF_MACHINE", "e_machine", 18]);
  expect(byte(16, 4)).toEqual(["E_ELF_TYPE", "e_type", 16]);
});

test("a compressed module is named as such, with the command that decompresses it", () => {
  const remedy = (...bytes: number[]): string => {
    try {
      openElf(memorySource(Uint8Array.from(bytes)));
    } catch (error) {
      return (error as ElfError).remedy;
    }
    return "opened";
  };
  expect(remedy(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0)).toBe("this is compressed with xz, decompress it first: xz -dk");
  expect(remedy(0x1f, 0x8b, 8)).toContain("gzip");
  expect(remedy(0x28, 0xb5, 0x2f, 0xfd)).toContain("zstd");
  expect(remedy(0x1f)).toBe("this is no ELF file, give one");
});

test("headers that point outside the file or count wrongly", () => {
  const name = "sites-thumb2.elf";
  expect(failure(patched(name, { 32: 0xffff_fff0 }))).toEqual(["E_ELF_BOUNDS", "e_shoff", 32]);
  expect(failure(patched(name, { 28: 0xffff_fff0 }))).toEqual(["E_ELF_BOUNDS", "e_phoff", 28]);
  expect(failure(patched(name, { 48: 0xfeff }))).toEqual(["E_ELF_BOUNDS", "e_shnum", 48]);
  expect(failure(patched(name, { 44: 0x0000_0003 }))).toEqual(["E_ELF_ENTRY_SIZE", "e_shentsize", 46]);
  expect(failure(patched(name, { 40: 0x0000_0034 }))).toEqual(["E_ELF_ENTRY_SIZE", "e_phentsize", 42]);
  const count = sample(name).sections.length;
  expect(failure(patched(name, { 48: (0xff00 << 16) | count }))).toEqual(["E_ELF_LINK", "e_shstrndx", 50]);
});

test("a file cut at any place is readable up to there or says what is missing", () => {
  for (const name of ["sites-thumb2.elf", "sites-arm.ko"] as const) {
    const bytes = sampleBytes(name);
    for (let length = 0; length < bytes.length; length++) {
      const result = failure(bytes.subarray(0, length));
      expect(typeof result === "string" ? result : result[0], `${name} cut to ${length}`).toMatch(
        /^E_ELF_(BOUNDS|TRUNCATED|MAGIC)$/,
      );
    }
  }
});

test("symbol tables that lie", () => {
  const name = "sites-thumb2.ko";
  const at = (field: number) => headerField(name, ".symtab", field);
  const index = sample(name).sectionsNamed(".symtab")[0]!.index;
  expect(failure(patched(name, { [at(36)]: 0 }))).toEqual([
    "E_ELF_ENTRY_SIZE",
    `sh_entsize of section ${index}`,
    at(36),
  ]);
  expect(failure(patched(name, { [at(20)]: 2 ** 28 * 16 - 16 }))).toEqual([
    "E_ELF_BOUNDS",
    `sh_offset of section ${index}`,
    at(16),
  ]);
  expect(failure(patched(name, { [at(24)]: index }))).toEqual(["E_ELF_LINK", `sh_link of section ${index}`, at(24)]);
  expect(failure(patched(name, { [at(24)]: 0xffff_ffff }))).toEqual([
    "E_ELF_LINK",
    `sh_link of section ${index}`,
    at(24),
  ]);
});

test("a table that would fill the memory is refused before a byte of it is read", () => {
  const bytes = patched("sites-thumb2.ko", { [headerField("sites-thumb2.ko", ".symtab", 20)]: 0xffff_fff0 });
  let largest = 0;
  const sparse: ByteSource = {
    size: 2 ** 40,
    read: (offset, length) => {
      largest = Math.max(largest, length);
      const piece = new Uint8Array(length);
      piece.set(bytes.subarray(offset, offset + length));
      return piece;
    },
  };
  expect(failure(sparse)).toEqual(["E_ELF_LIMIT", expect.stringContaining("sh_offset of section"), expect.any(Number)]);
  expect(largest).toBeLessThan(bytes.length);
});

test("names without end", () => {
  const name = "sites-thumb2.elf";
  const strtab = sample(name).sectionsNamed(".shstrtab")[0]!;
  const bytes = sampleBytes(name);
  bytes.fill(0x41, strtab.offset, strtab.offset + strtab.size);
  expect(failure(bytes)).toEqual(["E_ELF_STRING", "name", strtab.offset]);
});

test("a table whose size is no multiple of its entry, or that ends before it begins", () => {
  const at = headerField("sites-thumb2.elf", "__jump_table", 20);
  expect(failure(patched("sites-thumb2.elf", { [at]: 71 }))).toEqual([
    "E_ELF_TABLE",
    "table jump_label",
    expect.any(Number),
  ]);
  const image = sample("kernel-thumb2.elf");
  const symtab = image.sections.find(({ type }) => type === sectionTypes.symtab)!;
  const stop = symtab.offset + 16 * image.symbols.find("__stop_mcount_loc") + 4;
  expect(failure(patched("kernel-thumb2.elf", { [stop]: 0x8000_0000 }))).toEqual([
    "E_ELF_TABLE",
    "table mcount",
    expect.any(Number),
  ]);
});

test("a table whose bytes stayed in another file, as in one that objcopy --only-keep-debug leaves", () => {
  const nobits = 8;
  for (const [name, section] of [
    ["sites-arm.ko", "__mcount_loc"],
    ["sites-thumb2.elf", "__jump_table"],
  ] as const) {
    const bytes = patched(name, { [headerField(name, section, 4)]: nobits });
    expect(() => exercise(openElf(memorySource(bytes)))).toThrow(/keeps but the name.*split from an image/);
  }
  // Between symbols, in a section that has other things as well.
  const image = sample("kernel-thumb2.elf");
  const holder = image.locate(image.symbols.address(image.symbols.find("__start_mcount_loc"))).section!;
  const bytes = patched("kernel-thumb2.elf", { [holder.headerOffset + 4]: nobits });
  expect(() => exercise(openElf(memorySource(bytes)))).toThrow(/split from an image/);
});

test("a relocation that no table word has, and one of a symbol that is not there", () => {
  const [rel] = sample("sites-arm.ko").sectionsNamed(".rel__mcount_loc");
  const info = rel!.offset + 4;
  expect(failure(patched("sites-arm.ko", { [info]: (3 << 8) | 43 }))).toEqual([
    "E_ELF_RELOCATION",
    "r_info of the word at __mcount_loc+0x0",
    expect.any(Number),
  ]);
  expect(failure(patched("sites-arm.ko", { [info]: (0xffff << 8) | 2 }))).toEqual([
    "E_ELF_LINK",
    "r_info",
    expect.any(Number),
  ]);
});

test("the message is one line that names field and offset", () => {
  const error = new ElfError("E_ELF_CLASS", "EI_CLASS", 4, "is 2 (64-bit)", "cmodx reads 32-bit ARM images");
  expect(error.message).toBe("EI_CLASS at file offset 0x4 is 2 (64-bit); cmodx reads 32-bit ARM images");
  expect(error.facts).toEqual({ field: "EI_CLASS", offset: 4 });
});

test("an image without the table has none, which is no error", () => {
  const bytes = sampleBytes("sites-thumb2.elf");
  const image = openElf(memorySource(bytes));
  expect(findTable(image, { ...mcountTable, sections: ["nothing"], bounds: [["no", "never"]] })).toBeUndefined();
});

/** A linked image with a table of call sites and so many relocation sections that are all the same bytes. */
function relocated(sections: number, relocations: number): Uint8Array {
  const none = { type: 1, flags: 2, address: 0, bytes: new Uint8Array() };
  const bytes = makeElf(0x8000, [
    { ...none, name: ".text", flags: 6, address: 0x8000, bytes: new Uint8Array(64) },
    { ...none, name: "__mcount_loc", flags: 3, address: 0x9000, bytes: words([0x8004, 0x8008]) },
    { ...none, name: ".rel.dyn", type: 9, entryBytes: 8, bytes: new Uint8Array(8 * relocations) },
    ...Array.from({ length: sections - 1 }, () => ({ ...none, name: ".rel.more", type: 9, entryBytes: 8 })),
  ]);
  const view = new DataView(bytes.buffer);
  const headers = view.getUint32(32, true);
  const first = headers + 40 * 3;
  for (let i = 1; i < sections; i++) bytes.copyWithin(first + 40 * i + 4, first + 4, first + 40);
  return bytes;
}

test("relocation sections that share their bytes are refused before they fill the memory", () => {
  expect(exercise(openElf(memorySource(relocated(3, 20)))).entries).toBe(2);
  const shared = openElf(memorySource(relocated(40, 500)));
  expect(() => exercise(shared)).toThrow(/has more relocations, .* than fit the file/);
});

test("many sections of relocations are one table", () => {
  const image = openElf(memorySource(relocated(300, 1)));
  expect(image.dynamicRelocations.map(({ count }) => count)).toEqual([300]);
});
