import { decodeA32, decodeT32, format } from "@cmodx/codec";
import { describe, expect, test } from "vitest";
import { factsOf, groupsOf, neighboursOf, readInsn, textsOf } from "../src/encodings/describe.js";

const read = (text: string, isa: "a32" | "t32") => {
  const asked = readInsn(text, isa, 0x8000);
  if (!asked.ok) throw new Error(asked.message);
  return asked.insn;
};

describe("what is typed", () => {
  test.each([
    ["b.w 0x9000", "t32", 0xf000bffe],
    ["f000bffe", "t32", 0xf000bffe],
    ["f000 bffe", "t32", 0xf000bffe],
    ["00 f0 fe bf", "t32", 0xf000bffe],
    ["bf00", "t32", 0xbf00],
    ["00 bf", "t32", 0xbf00],
    ["0xe320f000", "a32", 0xe320f000],
    ["00,f0,20,e3", "a32", 0xe320f000],
    ["nop", "a32", 0xe320f000],
    ["ffffffff", "a32", 0xffffffff],
  ] as const)("%s in %s is read", (text, isa, word) => expect(read(text, isa).word).toBe(word));

  test.each([
    ["", "a32"],
    ["bf00", "a32"],
    ["frobnicate r1", "t32"],
    ["b 0x9001", "a32"],
  ] as const)("%j in %s is refused with a reason", (text, isa) => {
    const asked = readInsn(text, isa, 0x8000);
    expect(asked.ok ? "" : asked.message).not.toBe("");
    expect(asked.ok).toBe(false);
  });
});

const words = [0, 0xe0910002, 0xe320f000, 0xea0003fe, 0xffffffff, 0xf3af8000, 0xf000bffe, 0xbf00, 0xe7fe, 0x80000000];

describe.each(["a32", "t32"] as const)("in %s", (isa) => {
  const insns = words.map((word) =>
    isa === "a32"
      ? decodeA32(word, 0x8000)
      : word > 0xffff
        ? decodeT32(word >>> 16, word & 0xffff, 0x8000)
        : decodeT32(word, 0, 0x8000),
  );

  test.each(insns)("the diagram of $word has all its bits, once", (insn) => {
    const groups = groupsOf(insn);
    expect(Number.parseInt(groups.map(({ bits }) => bits).join(""), 2)).toBe(insn.word);
    for (const field of insn.encoding?.pattern.fields.values() ?? []) {
      const named = groups.filter(({ name }) => name === field.name);
      expect(named.reduce((sum, { bits }) => sum + bits.length, 0)).toBe(field.width);
    }
  });

  test.each(insns)("the neighbours of $word differ from it in their bit", (insn) => {
    const neighbours = neighboursOf(insn);
    expect(neighbours).toHaveLength(insn.size * 8);
    for (const { bit, word } of neighbours) expect((word ^ insn.word) >>> 0).toBe(2 ** bit);
  });

  test.each(insns)("there are facts and texts of $word", (insn) => {
    expect(factsOf(insn).map(([name]) => name)).toContain("status");
    expect(textsOf(insn)[0]?.[1]).toBe(format(insn));
  });
});

test("a neighbour says what it would be", () => {
  const branch = neighboursOf(read("b 0x9000", "a32")).find(({ bit }) => bit === 24);
  expect(branch).toMatchObject({ text: "bl 0x9000", kind: "BL", status: "ok" });
});
