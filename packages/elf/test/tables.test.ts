import { bugTable, findTable, jumpTable, mcountTable, memorySource, openElf, relocationName } from "@cmodx/elf";
import { expect, test } from "vitest";
import { makeElf, stringTable, words as wordBytes } from "./make-elf.js";
import { patched, type SampleName, sample, sampleBytes } from "./samples.js";

const linked = ["sites-arm.elf", "sites-thumb2.elf", "sites-thumb2-be8.elf", "kernel-thumb2.elf"] as const;

/** Each site as "symbol+offset"; numbering differs between samples, names do not. */
function siteNames(name: SampleName): string[] {
  const image = sample(name);
  return [...findTable(image, mcountTable)!.entries()].map(({ site }) => image.symbolAt(site)!.name);
}

test("every traced function has one mcount site, wherever the table is kept", () => {
  const expected = ["gather", "mix", "setup", "square", "trace_call", "triangle", "work"];
  for (const name of [...linked, "sites-arm.ko", "sites-thumb2.ko", "sites-thumb2-be8.ko"] as const) {
    expect(siteNames(name).sort(), name).toEqual(expected);
  }
});

test("an mcount entry is the address of the bl behind push {lr}", () => {
  const image = sample("sites-arm.elf");
  for (const { site } of findTable(image, mcountTable)!.entries()) {
    const before = image.read({ ...site, address: site.address - 4 }, 4)!;
    expect(Buffer.from(before).toString("hex")).toBe("04e02de5");
    expect(image.read(site, 4)![3]).toBe(0xeb);
  }
});

test("a jump label names its instruction, its target and its key with the likely bit apart", () => {
  for (const name of linked) {
    const image = sample(name);
    const rows = [...findTable(image, jumpTable)!.entries()].map(({ code, target, key }) => [
      image.symbolAt(code)!.name,
      image.symbolAt(target)!.name,
      image.symbolAt(key)!.name,
      key.flags,
    ]);
    expect(rows.sort(), name).toEqual([
      ["gather", "gather", "trace_key", 0],
      ["mix", "mix", "slow_key", 1],
      ["mix", "mix", "trace_key", 0],
      ["setup", "setup", "trace_key", 0],
      ["square", "square", "trace_key", 0],
      ["triangle", "triangle", "fast_key", 1],
    ]);
  }
});

test("a module's words are relocated: section-relative places, and names for what other modules have", () => {
  for (const name of ["sites-arm.ko", "sites-thumb2.ko", "sites-thumb2-be8.ko"] as const) {
    const image = sample(name);
    const entries = [...findTable(image, jumpTable)!.entries()];
    const external = entries.filter(({ key }) => key.external !== undefined);
    expect(external.map(({ code, key }) => [code.section!.name, key.external, key.address, key.flags])).toEqual([
      [".init.text", "other_module_key", 0, 0],
    ]);
    const [slow] = entries.filter(({ key }) => key.section !== undefined && image.symbolAt(key)!.name === "slow_key");
    expect([slow!.key.section!.name, slow!.key.flags]).toEqual([".bss", 1]);
  }
});

test("a Thumb bit on a table's code address is a flag, not an address", () => {
  const image = sample("sites-thumb2.elf");
  const bytes = sampleBytes("sites-thumb2.elf");
  const [section] = image.sectionsNamed("__mcount_loc");
  bytes[section!.offset]! |= 1;
  const [plain] = findTable(image, mcountTable)!.entries();
  const [flagged] = findTable(openElf(memorySource(bytes)), mcountTable)!.entries();
  expect([flagged!.site.address, flagged!.site.flags]).toEqual([plain!.site.address, 1]);
});

test("relocations have the names of AAELF32", () => {
  const image = sample("sites-thumb2.ko");
  const [text] = image.sectionsNamed(".text");
  const [first] = [...findTable(image, mcountTable)!.entries()].filter(({ site }) => site.section === text);
  const relocation = image.relocationsOf(text!)!.at(first!.site.address)!;
  expect([relocationName(relocation.type), image.symbols.name(relocation.symbol)]).toEqual([
    "R_ARM_THM_CALL",
    "__gnu_mcount_nc",
  ]);
  expect(relocationName(200)).toBe("R_ARM_200");
});

test("words of zero in __mcount_loc are no sites, whether a linker padded with them or a build wrote them over a site", () => {
  const all = siteNames("sites-arm.elf");
  const at = sample("sites-arm.elf").sectionsNamed("__mcount_loc")[0]!.offset;
  const zeroed = (...which: number[]): string[] => {
    const words = Object.fromEntries(which.map((index) => [at + 4 * index, 0]));
    const image = openElf(memorySource(patched("sites-arm.elf", words)));
    const table = findTable(image, mcountTable)!;
    const names = [...table.entries()].map(({ site }) => image.symbolAt(site)!.name);
    expect(names).toHaveLength(table.length);
    // By number too, and backwards: runs of entries are not asked for in their order alone.
    expect(names.map((_, i) => table.entry(names.length - 1 - i).at.address).reverse()).toEqual(
      [...table.entries()].map((entry) => entry.at.address),
    );
    return names;
  };
  expect(zeroed(0)).toEqual(all.slice(1));
  expect(zeroed(0, 1, 3, 6)).toEqual([all[2], all[4], all[5]]);
  expect(zeroed(0, 1, 2, 3, 4, 5, 6)).toEqual([]);
});

test("a word of zero that waits for a relocation is a site", () => {
  const image = sample("sites-arm.ko");
  const [section] = image.sectionsNamed("__mcount_loc");
  const words = Object.fromEntries(Array.from({ length: section!.size / 4 }, (_, i) => [section!.offset + 4 * i, 0]));
  const zeroed = openElf(memorySource(patched("sites-arm.ko", words)));
  expect(findTable(zeroed, mcountTable)!.length).toBe(findTable(image, mcountTable)!.length);
});

test("the last entry of a bug table may end before its flags, as assembler code leaves it", () => {
  const text = { name: ".text", type: 1, flags: 6, address: 0x8000, bytes: new Uint8Array(16) };
  const entries = wordBytes([0x8000, 0x8008, 7, 0x8004, 0x8008, 9]);
  const table = { name: "__bug_table", type: 1, flags: 2, address: 0x9000, bytes: entries.subarray(0, 22) };
  const found = findTable(openElf(memorySource(makeElf(0x8000, [text, table]))), bugTable)!;
  expect([...found.entries()].map(({ site, bytes }) => [site.address, bytes.length])).toEqual([
    [0x8000, 12],
    [0x8004, 10],
  ]);
  expect(found.length).toBe(2);
  const cut = { ...table, bytes: entries.subarray(0, 20) };
  expect(() => findTable(openElf(memorySource(makeElf(0x8000, [text, cut]))), bugTable)).toThrow(/20 bytes/);
});

test("what the dynamic linker relocates counts in .dynsym, also where a .symtab is there", () => {
  const strings = stringTable(["", "wrong", "right"]);
  const [, wrong, right] = strings.offsets;
  // st_name, st_value, st_size, st_info and st_shndx: section 1.
  const symbol = (name: number, value: number): number[] => [name, value, 4, 0x0001_0011];
  const none = [0, 0, 0, 0];
  const section = { type: 1, flags: 2, address: 0, bytes: new Uint8Array() };
  const file = makeElf(0x8000, [
    { ...section, name: ".text", flags: 6, address: 0x8000, bytes: new Uint8Array(32) },
    { ...section, name: "__mcount_loc", flags: 3, address: 0x9000, bytes: wordBytes([0, 4]) },
    { ...section, name: ".strtab", type: 3, flags: 0, bytes: strings.bytes },
    {
      ...section,
      name: ".symtab",
      type: 2,
      flags: 0,
      link: 3,
      entryBytes: 16,
      bytes: wordBytes([...none, ...symbol(wrong!, 0x8008), ...symbol(wrong!, 0x8008)]),
    },
    {
      ...section,
      name: ".dynsym",
      type: 11,
      address: 0xa000,
      link: 3,
      entryBytes: 16,
      bytes: wordBytes([...none, ...symbol(wrong!, 0x8008), ...symbol(right!, 0x8010)]),
    },
    {
      ...section,
      name: ".rel.dyn",
      type: 9,
      address: 0xb000,
      link: 5,
      entryBytes: 8,
      bytes: wordBytes([0x9000, 0x0000_0202, 0x9004, 0x0000_0202]),
    },
  ]);
  const table = findTable(openElf(memorySource(file)), mcountTable)!;
  expect([...table.entries()].map(({ site }) => site.address)).toEqual([0x8010, 0x8014]);
});
