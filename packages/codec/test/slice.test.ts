import {
  assemble,
  bytesOf,
  cmodxClass,
  decode,
  decodeA32,
  decodeT32,
  effects,
  encodeBranch,
  format,
  parse,
} from "@cmodx/codec";
import { describe, expect, it } from "vitest";

describe("what the first users need", () => {
  it.each([
    ["a32", 0xe320f000, 4, "nop"],
    ["a32", 0xe1a00000, 4, "mov r0, r0"],
    ["a32", 0xeb000000, 4, "bl 0x1008"],
    ["a32", 0xe8bd8010, 4, "pop {r4, pc}"],
    ["a32", 0xe28dd004, 4, "add sp, sp, #4"],
    ["a32", 0xf57ff06f, 4, "isb sy"],
    ["a32", 0xee070f15, 4, "mcr p15, #0, r0, c7, c5, #0"],
    ["t32", 0xbf00, 2, "nop"],
    ["t32", 0xf3af8000, 4, "nop.w"],
    ["t32", 0xb500, 2, "push {lr}"],
    ["t32", 0xf007bffe, 4, "b.w 0x9000"],
    ["t32", 0x6848, 2, "ldr r0, [r1, #4]"],
    ["t32", 0xde18, 2, "udf #24"],
  ] as const)("prints %s %i (%i bytes) as %s and reads it back", (isa, word, size, text) => {
    const address = 0x1000;
    const insn =
      isa === "a32" ? decodeA32(word, address) : decodeT32(size === 4 ? word >>> 16 : word, word & 0xffff, address);
    expect(format(insn)).toBe(text);
    expect(insn.size).toBe(size);
    expect(parse(text, { isa, address })).toMatchObject({ ok: true, insn: { word } });
    expect(decode(isa, bytesOf(insn), 0, address)?.word).toBe(word);
  });

  it("knows no NOP but the hint", () => {
    expect(cmodxClass(decodeA32(0xe320f000)).whole).toBe("NOP");
    expect(cmodxClass(decodeA32(0xe1a00000)).whole).toBeNull();
    expect(cmodxClass(decodeT32(0x46c0, 0)).whole).toBeNull();
    expect(cmodxClass(decodeT32(0xf3af, 0x8000)).halfwords).toEqual(["NOP.W.hw1", "NOP.W.hw2"]);
  });

  it("resolves labels and picks widths", () => {
    const made = assemble("loop: subs r0, #1\n bne loop\n b.w loop\n bx lr", { isa: "t32", address: 0x8000 });
    expect(made.ok && Buffer.from(made.code).toString("hex")).toBe("0138fdd1fff7fcbf7047");
  });

  it("says where a branch cannot go", () => {
    expect(encodeBranch({ isa: "a32", kind: "b" }, 0, 8 + 33554428)).toMatchObject({
      ok: true,
      insn: { word: 0xea7fffff },
    });
    expect(encodeBranch({ isa: "a32", kind: "b" }, 0, 8 + 33554432)).toMatchObject({
      ok: false,
      reason: "range",
      max: 33554428,
    });
  });

  it("knows what a call writes", () => {
    expect(effects(decodeT32(0xf000, 0xf800)).writes.core).toBe(0xc000);
  });
});

describe("GNU's names for the stack", () => {
  it.each([
    [0xe92d0110, "push\t{r4, r8}"],
    [0xe92d0100, "stmfd\tsp!, {r8}"],
    [0xe8bd0110, "pop\t{r4, r8}"],
    [0xe8bd0100, "ldmfd\tsp!, {r8}"],
    [0xe8b90100, "ldm\tr9!, {r8}"],
  ])("%i is %s", (word, text) => {
    expect(format(decodeA32(word), "gnu")).toBe(text);
    const parsed = parse(text, { isa: "a32" });
    expect(parsed.ok && parsed.insn.word).toBe(word);
  });
});
