import fc from "fast-check";
import { expect, test } from "vitest";
import { radixSort } from "../src/radix-sort.js";

/** Few or many keys, of few or many values: both ways of sorting, digits that are all equal, and ties. */
const keys = fc
  .tuple(fc.constantFrom(0, 1, 50, 2047, 2048, 3000), fc.constantFrom(1, 7, 0x1_0000, 0x2_0001, 0xffff_ffff), fc.nat())
  .map(([length, range, seed]) => {
    let state = seed >>> 0;
    return Uint32Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state % range;
    });
  });

test("radix sort is the stable sort by key", () => {
  const property = fc.property(keys, (values) => {
    const given = Uint32Array.from(values, (_, i) => i);
    const order = radixSort(given, values);
    const expected = Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]! || a - b);
    expect([...order]).toEqual(expected);
    expect([...given], "what is sorted stays as it was").toEqual([...expected].sort((a, b) => a - b));
  });
  fc.assert(property, { seed: 6, numRuns: 80 });
});
