import { decodeA32, decodeT32, effects, encodings, type Insn } from "@cmodx/codec";
import fc from "fast-check";
import { expect, test } from "vitest";
import { a32Flow, a32Target, FLOW, t16Flow, t16Target, t32Flow, t32Target } from "../../src/audit/flow.js";

const loads = new Set(["LDR_lit_A1", "LDR_lit_T1", "LDR_lit_T2"]);

/** What the codec says: a direct branch with its target, or the load of a word at a literal's address. */
function told(insn: Insn): { flow: number; target: number | undefined } {
  const target = effects(insn).branch?.target;
  if (target !== undefined) return { flow: FLOW.branch, target };
  // A load with write-back to PC is no literal load that anybody makes.
  const literal = insn.encoding !== undefined && loads.has(insn.encoding.id);
  if (!literal || (insn.isa === "a32" && (insn.word & 0x01200000) !== 0x01000000)) {
    return { flow: FLOW.none, target: undefined };
  }
  const ahead = (insn.address + (insn.isa === "a32" ? 8 : 4)) & ~3;
  const offset =
    insn.size === 2 ? (insn.word & 0xff) * 4 : (insn.word & 0xfff) * ((insn.word & 0x800000) === 0 ? -1 : 1);
  return { flow: FLOW.load, target: (ahead + offset) >>> 0 };
}

/** The last is a fresh random word; the others begin as a row of the table does, so that every row comes up. */
const rows = encodings.filter(({ id }) => /^(B|BL|BLX|CBN?Z|LDR)_/.test(id));
const words = (isa: "a32" | "t32", size: 2 | 4) => {
  const width = size * 8;
  const any = fc.integer({ min: 0, max: 2 ** width - 1 });
  const of = rows
    .filter((row) => row.isa === isa && row.size === size)
    .map(({ pattern: { mask, value } }) => any.map((word) => ((word & ~mask) | value) >>> 0));
  return fc.oneof(any, ...of);
};
const addresses = (step: number) => fc.integer({ min: 0, max: (2 ** 32 - step) / step }).map((n) => n * step);

test("the flow of every A32 word is the codec's", () => {
  fc.assert(
    fc.property(words("a32", 4), addresses(4), (word, address) => {
      const { flow, target } = told(decodeA32(word | 0, address));
      expect(a32Flow(word | 0)).toBe(flow);
      if (target !== undefined) expect(a32Target(word | 0, address)).toBe(target);
    }),
    { numRuns: 4000 },
  );
});

test("the flow of every Thumb halfword and word is the codec's", () => {
  for (let word = 0; word < 0xe800; word++) {
    const { flow, target } = told(decodeT32(word, 0, 0x8002));
    expect(t16Flow(word), word.toString(16)).toBe(flow);
    if (target !== undefined) expect(t16Target(word, 0x8002), word.toString(16)).toBe(target);
  }
  fc.assert(
    fc.property(words("t32", 4), addresses(2), (word, address) => {
      fc.pre(word >>> 16 >= 0xe800);
      const { flow, target } = told(decodeT32(word >>> 16, word & 0xffff, address));
      expect(t32Flow(word | 0)).toBe(flow);
      if (target !== undefined) expect(t32Target(word | 0, address)).toBe(target);
    }),
    { numRuns: 4000 },
  );
});
