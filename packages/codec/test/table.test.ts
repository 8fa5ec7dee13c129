import { type Encoding, encodings } from "@cmodx/codec";
import { describe, expect, it } from "vitest";
import { randomWords as random } from "../../../test/random.js";

/** Words that both patterns match: random ones, and ones with each 4-bit group all 0, all 1 or 13. */
function sharedWords(a: Encoding, b: Encoding): number[] {
  const next = random(a.index * 4099 + b.index);
  const fixed = a.pattern.mask | b.pattern.mask;
  const value = a.pattern.value | b.pattern.value;
  return Array.from({ length: 96 }, (_, i) => {
    let word = next();
    for (let shift = 0; i % 3 !== 0 && shift < 32; shift += 4) {
      const pick = next() % 5;
      if (pick < 3) word = (word & ~(15 << shift)) | ([0, 15, 13][pick]! << shift);
    }
    return ((word & ~fixed) | value) >>> 0;
  });
}

function space(encoding: Encoding): string {
  const unconditional = encoding.isa === "a32" && encoding.pattern.value >>> 28 === 15 && !encoding.hasCond;
  return `${encoding.isa}/${encoding.size}/${unconditional}`;
}

describe("the table", () => {
  it("has a row of its own name for every encoding", () => {
    expect(new Set(encodings.map(({ isa, id }) => `${isa} ${id}`)).size).toBe(encodings.length);
  });

  it("compiles every pattern, syntax and condition, and every field is decided by the syntax", () => {
    const loose: string[] = [];
    for (const encoding of encodings) {
      const { pattern } = encoding;
      encoding.only?.(0, 0);
      for (const { test } of [...encoding.undefinedClauses, ...encoding.unpredictableClauses]) test(pattern.value, 0);
      for (const template of encoding.templates()) {
        let known = pattern.mask | pattern.shouldMask | template.mask;
        for (const { mask } of template.operands) known |= mask;
        const rest = pattern.width === 16 ? ~known & 0xffff : ~known;
        if (rest !== 0) loose.push(`${encoding.id}: ${template.text}`);
      }
    }
    expect(loose).toEqual([]);
  });

  it("states which row a word belongs to when two match: the more specific one, or `only`", () => {
    const conflicts: string[] = [];
    encodings.forEach((a, i) => {
      for (const b of encodings.slice(i + 1)) {
        if (space(a) !== space(b)) continue;
        const [p, q] = [a.pattern, b.pattern];
        if (((p.value ^ q.value) & p.mask & q.mask) !== 0) continue;
        const shared = (p.mask & q.mask) >>> 0;
        const nested = p.mask !== q.mask && (shared === p.mask || shared === q.mask);
        if (nested) continue;
        const both = (word: number) => (a.only?.(word, 0) ?? 1) && (b.only?.(word, 0) ?? 1);
        const clash = sharedWords(a, b).find(both);
        if (clash !== undefined) conflicts.push(`${a.id} and ${b.id}: ${clash.toString(16)}`);
      }
    });
    expect(conflicts).toEqual([]);
  });
});
