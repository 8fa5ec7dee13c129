import { assemble, type Insn, memoryWord, wordBytes } from "@cmodx/codec";
import { expect, test } from "vitest";

const of = (isa: "a32" | "t32", line: string): Insn => {
  const made = assemble(line, { isa });
  if (!made.ok) throw new Error(made.issues[0]!.message);
  return made.insns[0]!;
};

test.each([
  ["a32", "nop"],
  ["a32", "b 0x1000"],
  ["t32", "nop"],
  ["t32", "movs r0, #0x12"],
  ["t32", "nop.w"],
  ["t32", "bl 0x1000"],
] as const)("a load reads of %s %s what lies there, and gives its opcode back", (isa, line) => {
  const { word, size } = of(isa, line);
  const bytes = wordBytes(isa, word, size);
  const view = new DataView(bytes.buffer);
  for (const [order, little] of [
    ["little", true],
    ["be8", false],
  ] as const) {
    const loaded = size === 2 ? view.getUint16(0, little) : view.getUint32(0, little);
    expect(memoryWord(isa, word, size, order)).toBe(loaded);
    expect(memoryWord(isa, loaded, size, order)).toBe(word);
  }
});

test("BE8 has data and literals big-endian, and code and what fills between it little-endian", () => {
  const text =
    ".thumb\n ldr r0, =0x12345678\n nop.w\n bx lr\n .align 3\n .word 0x11223344\n .short 0x5566, -2\n .byte 7";
  const bytes = (order?: "little" | "be8") => {
    const made = assemble(text, { isa: "t32", ...(order === undefined ? {} : { order }) });
    if (!made.ok) throw new Error(made.issues[0]!.message);
    return Buffer.from(made.code).toString("hex");
  };
  const code = "0448aff300807047";
  expect(bytes("be8")).toBe(`${code}112233445566fffe0700000012345678`);
  expect(bytes("little")).toBe(`${code}443322116655feff0700000078563412`);
  expect(bytes()).toBe(bytes("little"));
  const filled = assemble(".arm\n nop\n .thumb\n nop\n .balign 8\n bx lr", { isa: "a32", order: "be8" });
  expect(filled.ok && Buffer.from(filled.code).toString("hex")).toBe("00f020e300bf00bf7047");
});
