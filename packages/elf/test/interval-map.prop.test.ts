import fc from "fast-check";
import { expect, test } from "vitest";
import { IntervalMap } from "../src/interval-map.js";

const range = fc.record({ start: fc.nat(60), length: fc.nat(20) });

test("an interval map gives the first range that holds the address", () => {
  const property = fc.property(fc.array(range, { maxLength: 12 }), (ranges) => {
    const map = new IntervalMap(ranges);
    for (let address = -1; address < 90; address++) {
      const naive = ranges.findIndex(({ start, length }) => address >= start && address < start + length);
      expect(map.find(address)).toBe(naive);
    }
  });
  fc.assert(property, { seed: 5, numRuns: 400 });
});

test("overlapping ranges in any number stay fast to build", () => {
  const ranges = Array.from({ length: 60_000 }, (_, i) => ({ start: i, length: 0xf000_0000 }));
  const map = new IntervalMap(ranges);
  expect([map.find(0), map.find(59_999), map.find(0xf000_0000)]).toEqual([0, 0, 1]);
});
