import { memorySource, openElf, sectionTypes } from "@cmodx/elf";
import { expect, test } from "vitest";
import { sample, sampleBytes } from "./samples.js";

const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("hex");

test("the header tells type and byte orders; BE8 keeps code little-endian", () => {
  const orders = (["sites-arm.elf", "sites-thumb2-be8.elf", "sites-thumb2-be8.ko", "sites-arm.ko"] as const).map(
    (name) => {
      const { type, endian, codeEndian } = sample(name).header;
      return [type, endian, codeEndian];
    },
  );
  expect(orders).toEqual([
    ["EXEC", "little", "little"],
    ["EXEC", "big", "little"],
    ["REL", "big", "little"],
    ["REL", "little", "little"],
  ]);
});

test("a big-endian image without the BE8 flag has big-endian code", () => {
  const bytes = sampleBytes("sites-thumb2-be8.elf");
  bytes[37] = 0;
  expect(openElf(memorySource(bytes)).header.codeEndian).toBe("big");
});

test("sections and symbols are found by name, and symbols by address", () => {
  const image = sample("sites-thumb2.elf");
  const [text] = image.sectionsNamed(".text");
  expect([text!.name, text!.executable, text!.writable, text!.type]).toEqual([
    ".text",
    true,
    false,
    sectionTypes.progbits,
  ]);
  expect(image.sectionsNamed(".tex")).toEqual([]);
  const square = image.symbols.find("square");
  expect(image.symbols.value[square]! & 1).toBe(1);
  const place = image.locate(image.symbols.address(square) + 4);
  expect(image.symbolAt(place)).toEqual({ name: "square", offset: 4, index: square });
  expect(image.symbols.find("squar")).toBe(-1);
  expect(hex(image.read(image.locate(image.symbols.address(square)), 4))).toBe("10b500b5");
});

test("addresses in the upper half of memory are not negative", () => {
  const image = sample("kernel-thumb2.elf");
  const start = image.symbols.address(image.symbols.find("_start"));
  expect(start).toBeGreaterThan(0x8000_0000);
  expect(image.locate(start).section?.name).toBe(".text");
  expect(image.isaAt(image.locate(start)).isa).toBe("t32");
});

test("mapping symbols tell the instruction set in each section of a module", () => {
  for (const [name, isa] of [
    ["sites-arm.ko", "a32"],
    ["sites-thumb2.ko", "t32"],
  ] as const) {
    const image = sample(name);
    for (const section of image.sections.filter(({ executable, size }) => executable && size > 0)) {
      expect(image.isaAt({ section, address: 0 })).toEqual({ isa, data: false });
    }
    const [data] = image.sectionsNamed("__mcount_loc");
    expect(image.isaAt({ section: data, address: 0 })).toEqual({ isa: undefined, data: true });
  }
});

test("a $d inside code keeps the instruction set of the nearest $a or $t before it", () => {
  const bytes = sampleBytes("sites-thumb2.elf");
  const image = openElf(memorySource(bytes));
  const { symbols } = image;
  const place = image.locate(symbols.address(symbols.find("triangle")));
  const symtab = image.sections.find(({ type }) => type === sectionTypes.symtab)!;
  // Turn the symbol of `triangle` into a `$d` at its address.
  const row = symtab.offset + 16 * symbols.find("triangle");
  const view = new DataView(bytes.buffer);
  const d = Array.from({ length: symbols.count }, (_, i) => i).find((i) => symbols.mapping(i) === 0x64)!;
  view.setUint32(row, symbols.nameOffset[d]!, true);
  view.setUint32(row + 4, place.address, true);
  bytes[row + 12] = 0;
  expect(openElf(memorySource(bytes)).isaAt(place)).toEqual({ isa: "t32", data: true });
});

test("what the file does not hold is undefined, not zeros", () => {
  const image = sample("sites-arm.elf");
  const [bss] = image.sectionsNamed(".bss");
  expect(image.read(image.locate(bss!.address), 4)).toBeUndefined();
  expect(image.read(image.locate(0xf000_0000), 4)).toBeUndefined();
  const [text] = image.sectionsNamed(".text");
  const last = text!.address + text!.size - 2;
  expect(image.read({ section: text, address: last }, 4)).toBeUndefined();
  expect(image.read({ section: text, address: last }, 2)).toHaveLength(2);
});

test("without section headers the segments still give bytes, but no table and no instruction set", () => {
  const bytes = sampleBytes("sites-thumb2.elf");
  bytes.fill(0, 32, 36);
  bytes.fill(0, 48, 52);
  const image = openElf(memorySource(bytes));
  expect([image.sections.length, image.stripped, image.symbols.count]).toEqual([0, true, 0]);
  const place = image.locate(image.header.entry & ~1);
  expect(image.read(place, 2)).toHaveLength(2);
  expect(image.executable(place)).toBe(true);
  expect(image.isaAt(place).isa).toBeUndefined();
});

test("the runs of code of a section are what its mapping symbols call code, without the data between", () => {
  for (const name of ["sites-thumb2.elf", "sites-thumb2.ko"] as const) {
    const image = sample(name);
    const [text] = image.sectionsNamed(".text");
    const start = image.relocatable ? 0 : text!.address;
    const runs = [...image.codeRuns(text!)];
    expect(runs.length, name).toBeGreaterThan(0);
    for (let at = start; at < start + text!.size; at += 2) {
      const { isa, data } = image.isaAt({ section: text, address: at });
      const inside = runs.filter((run) => at >= run.start && at < run.end);
      expect(
        inside.map((run) => run.isa),
        `${name} ${at}`,
      ).toEqual(data ? [] : [isa]);
    }
    expect([...image.codeRuns(image.sectionsNamed(".symtab")[0]!)]).toEqual([]);
  }
});
