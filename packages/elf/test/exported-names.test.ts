import { ExportedNames, memorySource, openElf } from "@cmodx/elf";
import { expect, test } from "vitest";
import { makeElf, stringTable, words } from "./make-elf.js";

const text = 0x8000;
const table = 0x9000;
const stringsAt = 0xa000;
const strings = stringTable(["printk", "kfree", "lock_key"]);

/** A stripped kernel that exports two functions, the second of them Thumb, and an object. */
function kernel(entry: (value: number, name: number, at: number) => number[]) {
  const exported = [
    [text, 0],
    [text + 0x21, 1],
    [0xb003, 2],
  ] as const;
  const rows: number[] = [];
  for (const [value, name] of exported)
    rows.push(...entry(value, stringsAt + strings.offsets[name]!, table + rows.length * 4));
  return openElf(
    memorySource(
      makeElf(text, [
        { name: ".text", type: 1, flags: 6, address: text, bytes: new Uint8Array(0x100) },
        { name: "__ksymtab", type: 1, flags: 2, address: table, bytes: words(rows) },
        { name: "__ksymtab_strings", type: 1, flags: 2, address: stringsAt, bytes: strings.bytes },
        { name: ".data", type: 1, flags: 3, address: 0xb000, bytes: new Uint8Array(16) },
      ]),
    ),
  );
}

const layouts = {
  "of addresses with a namespace": (value: number, name: number) => [value, name, 0],
  "of addresses": (value: number, name: number) => [value, name],
  "of distances with a namespace": (value: number, name: number, at: number) => [value - at, name - at - 4, 0],
  "of distances": (value: number, name: number, at: number) => [value - at, name - at - 4],
};

test.each(Object.entries(layouts))("an export table %s names places", (_, entry) => {
  const image = kernel(entry);
  const names = new ExportedNames(image);
  expect(names.count).toBe(3);
  const at = (address: number) => names.at(image.locate(address));
  expect(at(text)).toEqual({ name: "printk", offset: 0 });
  expect(at(text + 0x1e)).toEqual({ name: "printk", offset: 0x1e });
  expect(at(text + 0x24)).toEqual({ name: "kfree", offset: 4 });
  expect(at(0xb003)).toEqual({ name: "lock_key", offset: 0 });
  // The nearest export before it is in another section.
  expect(at(0xb000)).toBeUndefined();
  expect(at(table)).toBeUndefined();
});

test("a table that leads nowhere names nothing", () => {
  expect(new ExportedNames(kernel((value) => [value, 0x1234, 0])).count).toBe(0);
});
