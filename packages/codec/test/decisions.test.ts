import { decodeA32, decodeT32, type Encoding, encodings, type Insn } from "@cmodx/codec";
import { describe, expect, it } from "vitest";
import { randomWords } from "../../../test/random.js";

const bits = (value: number): number => value.toString(2).replaceAll("0", "").length;

const inOrder = {
  a32: encodings.filter(({ isa }) => isa === "a32"),
  t32: encodings.filter(({ isa, size }) => isa === "t32" && size === 4),
};
for (const rows of Object.values(inOrder)) rows.sort((a, b) => bits(b.pattern.mask) - bits(a.pattern.mask));

/** The row of a word by the rule alone: of the rows whose pattern and `only` it matches the one with most fixed bits. */
function rowOf(isa: "a32" | "t32", word: number): Encoding | undefined {
  return inOrder[isa].find(
    ({ pattern, hasCond, only }) =>
      ((word ^ pattern.value) & pattern.mask) === 0 &&
      !(isa === "a32" && hasCond && word >>> 28 === 15) &&
      (only === undefined || only(word, 0) !== 0),
  );
}

/** The status of an instruction by its reasons alone: each clause is asked by itself for those. */
function statusOf({ reasons }: Insn): string {
  const kinds = new Set<string>(reasons.map(({ kind }) => kind));
  for (const kind of ["unallocated", "undefined"]) if (kinds.has(kind)) return kind;
  return kinds.size > 0 ? "unpredictable" : "ok";
}

describe("the decoder's tests", () => {
  it.each(["a32", "t32"] as const)(
    "give the row and the status that the table says, for words of every row of %s",
    (isa) => {
      const next = randomWords(2026);
      const wrong: string[] = [];
      for (const { pattern } of inOrder[isa])
        for (let i = 0; i < 40; i++) {
          // Fields of zeros, ones and 13 besides random ones: clauses are about those.
          let word = next();
          for (let shift = 0; i % 2 === 0 && shift < 32; shift += 4) {
            const pick = next() % 6;
            if (pick < 3) word = (word & ~(15 << shift)) | ([0, 15, 13][pick]! << shift);
          }
          const flip = i % 5 === 0 ? 1 << (next() & 31) : 0;
          word = (((word & ~pattern.mask) | pattern.value) ^ flip) >>> 0;
          if (isa === "t32" && word >>> 16 < 0xe800) continue;
          const insn = isa === "a32" ? decodeA32(word) : decodeT32(word >>> 16, word & 0xffff);
          const row = rowOf(isa, word);
          if (insn.encoding !== row || insn.status !== statusOf(insn))
            wrong.push(`${word.toString(16)}: ${insn.encoding?.id} ${insn.status}, not ${row?.id} ${statusOf(insn)}`);
        }
      expect(wrong).toEqual([]);
    },
  );
});
