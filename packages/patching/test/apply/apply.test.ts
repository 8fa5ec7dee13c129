import { apply, bytesMemory, editOf, insnIn, type PatchingError, plan } from "@cmodx/patching";
import { expect, test } from "vitest";

const nopA32 = () => Uint8Array.of(0x00, 0xf0, 0x20, 0xe3);
const toBranch = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });

test("the stores are made, in memory order", () => {
  const bytes = nopA32();
  expect(apply(plan(toBranch, "nop-toggle"), bytesMemory(0x8000, bytes))).toBeUndefined();
  expect([...bytes]).toEqual([0xfe, 0x03, 0x00, 0xea]);
  expect(insnIn(bytesMemory(0x8000, bytes), "a32", 0x8000)).toMatchObject({ mnemonic: "b", word: 0xea0003fe });
});

test("a T32 site across a word is written whole", () => {
  const bytes = Uint8Array.of(0, 0, 0xaf, 0xf3, 0x00, 0x80, 0, 0);
  const edit = editOf({ isa: "t32", address: 0x8002, from: "nop.w", to: "b.w 0x9000" });
  apply(plan(edit, "stop-machine"), bytesMemory(0x8000, bytes));
  expect([...bytes]).toEqual([0, 0, 0x00, 0xf0, 0xfd, 0xbf, 0, 0]);
});

test("with validation, something else at the site is left alone and told", () => {
  const bytes = Uint8Array.of(0x00, 0x00, 0xa0, 0xe1);
  const made = plan(toBranch, "nop-toggle", { validate: true });
  expect(apply(made, bytesMemory(0x8000, bytes))).toEqual({
    address: 0x8000,
    expected: 0xe320f000,
    actual: 0xe1a00000,
  });
  expect([...bytes]).toEqual([0x00, 0x00, 0xa0, 0xe1]);
});

test("one site outside the memory leaves the others as they were", () => {
  const bytes = nopA32();
  const outside = editOf({ isa: "a32", address: 0x8010, from: "nop", to: "b 0x9000" });
  try {
    apply(plan([toBranch, outside], "nop-toggle"), bytesMemory(0x8000, bytes));
    expect.unreachable();
  } catch (error) {
    expect((error as PatchingError).code).toBe("E_MEMORY");
  }
  expect([...bytes]).toEqual([...nopA32()]);
});

test("the last halfword of a memory is an instruction", () => {
  const memory = bytesMemory(0x8000, Uint8Array.of(0x00, 0xbf));
  expect(insnIn(memory, "t32", 0x8000)).toMatchObject({ mnemonic: "nop", size: 2 });
  expect(() => insnIn(memory, "a32", 0x8000)).toThrow("no 4 bytes");
});
