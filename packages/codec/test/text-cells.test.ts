import { describe, expect, it } from "vitest";
import { bitCount } from "../src/clause.js";
import { fullWidth, spreadOf } from "../src/spread.js";
import { lengthBits, type Region, startOf, TextCells } from "../src/text-cells.js";

function textOf(texts: TextCells, entry: number): string {
  return Array.from({ length: entry & lengthBits }, (_, i) =>
    String.fromCharCode(texts.pool.getUint8(startOf(entry) + i)),
  ).join("");
}

/** Bits of a mask, spread from the lowest up. */
function scattered(mask: number, number: number): number {
  let bits = 0;
  let rest = number;
  for (let place = 0; place < 32; place++)
    if ((mask >>> place) & 1) {
      bits |= (rest & 1) << place;
      rest >>>= 1;
    }
  return bits;
}

const masks = [0xff000, 0x040070ff, 0xf010f000, 0x1a00fff, 0x8f, 0xf000000f, 0x00500030].map((mask) => mask | 0);
const few = masks.filter((mask) => mask !== 0x1a00fff);

describe("texts by the bits of a word", () => {
  it.each(few)("gives each choice of the bits of mask %i a number of its own", (mask) => {
    const width = fullWidth(mask);
    const { multiplier, shift } = spreadOf(mask, width);
    const count = 2 ** bitCount(mask);
    const numbers = new Set<number>();
    for (let i = 0; i < count; i++) numbers.add(Math.imul(scattered(mask, i), multiplier) >>> shift);
    expect(numbers.size).toBe(count);
    expect(Math.max(...numbers)).toBeLessThan(2 ** width);
  });

  it.each(masks)("finds a text or nothing, never another, under mask %i, and grows until all are kept", (mask) => {
    const texts = new TextCells();
    const region: Region = texts.region(mask);
    const count = Math.min(4096, 2 ** fullWidth(mask));
    const text = (i: number): string => `${i} `.repeat(1 + (i % 7));
    let kept = 0;
    for (let round = 0; round < 6; round++) {
      kept = 0;
      for (let i = 0; i < count; i++) {
        const bits = scattered(mask, i);
        const entry = texts.find(region, bits);
        if (entry !== 0) {
          kept++;
          expect(textOf(texts, entry)).toBe(text(i));
          continue;
        }
        if (texts.isCrowded(region)) texts.grow(region);
        expect(textOf(texts, texts.keep(region, bits, text(i)))).toBe(text(i));
      }
    }
    expect(kept).toBeGreaterThan(0.9 * count);
  });

  it("forgets all when the texts are too many, and goes on", () => {
    const texts = new TextCells();
    const region = texts.region(0xffff);
    const long = "x".repeat(600);
    for (let i = 0; i < 10_000; i++) {
      if (texts.isCrowded(region)) texts.grow(region);
      expect(texts.keep(region, i, `${long}${i}`) & lengthBits).toBe(600 + String(i).length);
      expect(textOf(texts, texts.find(region, i)).slice(600)).toBe(String(i));
    }
  });
});
