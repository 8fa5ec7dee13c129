import { bitCount } from "./clause.js";
import type { Encoding } from "./encoding.js";
import { encodings } from "./table/index.js";

/**
 * Which rows can match a word, by a few of its bits.
 *
 * A32 words are looked up by cond = 1111, bits 27:20 and bits 7:4; T32 words by hw1 bits 12:4 and hw2 bits 7:4; T16 by the
 * whole halfword. Of two rows that match the same word the one with more fixed bits is the manual's "SEE"; rows that
 * overlap otherwise must exclude each other by `only` (a test proves it).
 */
export class DecodeIndex {
  readonly #buckets: (Encoding[] | undefined)[];
  readonly #keyOf: (word: number) => number;

  constructor(rows: readonly Encoding[], keyBits: readonly number[], keyOf: (word: number) => number, size: number) {
    this.#keyOf = keyOf;
    this.#buckets = new Array<Encoding[] | undefined>(size).fill(undefined);
    const sorted = [...rows].sort((a, b) => bitCount(b.pattern.mask) - bitCount(a.pattern.mask));
    for (const encoding of sorted) {
      const { mask, value } = encoding.pattern;
      const free = keyBits.filter((bit) => ((mask >>> bit) & 1) === 0);
      for (let choice = 0; choice < 1 << free.length; choice++) {
        let word = value;
        for (let i = 0; i < free.length; i++) if ((choice >> i) & 1) word |= 1 << free[i]!;
        // A row with a condition does not match cond = 1111, which is another instruction space.
        if (encoding.isa === "a32" && encoding.hasCond && word >>> 28 === 15) continue;
        const key = keyOf(word);
        const bucket = this.#buckets[key];
        if (bucket === undefined) this.#buckets[key] = [encoding];
        else if (bucket.at(-1) !== encoding) bucket.push(encoding);
      }
    }
  }

  /** The row of a word, or undefined when there is none. */
  find(word: number): Encoding | undefined {
    const bucket = this.#buckets[this.#keyOf(word)];
    if (bucket === undefined) return undefined;
    for (const encoding of bucket) {
      const { mask, value } = encoding.pattern;
      if (((word ^ value) & mask) === 0 && (encoding.only === undefined || encoding.only(word, 0))) return encoding;
    }
    return undefined;
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

let a32: DecodeIndex | undefined;
let t32: DecodeIndex | undefined;
let t16: Uint16Array | undefined;

/** The row of an A32 word. */
export function findA32(word: number): Encoding | undefined {
  a32 ??= new DecodeIndex(
    encodings.filter((encoding) => encoding.isa === "a32"),
    [...range(4, 7), ...range(20, 31)],
    (w) => (w >>> 28 === 15 ? 0x1000 : 0) | ((w >>> 16) & 0xff0) | ((w >>> 4) & 15),
    0x2000,
  );
  return a32.find(word);
}

/** The row of a 32-bit Thumb instruction, hw1 in the upper half. */
export function findT32(word: number): Encoding | undefined {
  t32 ??= new DecodeIndex(
    encodings.filter((encoding) => encoding.isa === "t32" && encoding.size === 4),
    [...range(4, 7), ...range(20, 28)],
    (w) => ((w >>> 16) & 0x1ff0) | ((w >>> 4) & 15),
    0x2000,
  );
  return t32.find(word);
}

/** The row of a 16-bit Thumb instruction. */
export function findT16(halfword: number): Encoding | undefined {
  if (t16 === undefined) {
    const rows = encodings.filter((encoding) => encoding.isa === "t32" && encoding.size === 2);
    const index = new DecodeIndex(rows, range(8, 15), (w) => w >>> 8, 0x100);
    t16 = new Uint16Array(0x10000);
    for (let word = 0; word < 0xe800; word++) t16[word] = (index.find(word)?.index ?? -1) + 1;
  }
  const at = t16[halfword]!;
  return at === 0 ? undefined : encodings[at - 1];
}
