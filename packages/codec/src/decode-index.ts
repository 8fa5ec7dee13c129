import { bitCount, type Test } from "./clause.js";
import type { Encoding } from "./encoding.js";
import { encodings } from "./table/index.js";

/**
 * Which rows can match a word, by a few of its bits: `starts[key]` to `starts[key + 1]` are the candidates of a key, each a
 * mask, a value and a row. Flat typed arrays, because this is the inner loop of everything.
 *
 * A32 words are looked up by cond = 1111, bits 27:20 and bits 7:4; T32 words by hw1 bits 12:4 and hw2 bits 7:4; T16 by the
 * whole halfword. Of two rows that match the same word the one with more fixed bits is the manual's "SEE"; rows that
 * overlap otherwise must exclude each other by `only` (a test proves it).
 */
export class DecodeIndex {
  readonly #starts: Uint32Array;
  readonly #masks: Int32Array;
  readonly #values: Int32Array;
  readonly #rows: Uint16Array;
  /** What excludes a candidate: masks and values where its `only` can be said so, else a function. */
  readonly #unless: readonly (Int32Array | undefined)[];
  readonly #onlys: readonly (Test | undefined)[];

  constructor(rows: readonly Encoding[], keyBits: readonly number[], keyOf: (word: number) => number, size: number) {
    const buckets: Encoding[][] = Array.from({ length: size }, () => []);
    const sorted = [...rows].sort((a, b) => bitCount(b.pattern.mask) - bitCount(a.pattern.mask));
    for (const encoding of sorted) {
      const { mask, value } = encoding.pattern;
      const free = keyBits.filter((bit) => ((mask >>> bit) & 1) === 0);
      for (let choice = 0; choice < 1 << free.length; choice++) {
        let word = value;
        for (let i = 0; i < free.length; i++) if ((choice >> i) & 1) word |= 1 << free[i]!;
        // A row with a condition does not match cond = 1111, which is another instruction space.
        if (encoding.isa === "a32" && encoding.hasCond && word >>> 28 === 15) continue;
        const bucket = buckets[keyOf(word)]!;
        if (bucket.at(-1) !== encoding) bucket.push(encoding);
      }
    }
    const all = buckets.flat();
    this.#starts = new Uint32Array(size + 1);
    buckets.forEach((bucket, key) => {
      this.#starts[key + 1] = this.#starts[key]! + bucket.length;
    });
    this.#masks = Int32Array.from(all, ({ pattern }) => pattern.mask);
    this.#values = Int32Array.from(all, ({ pattern }) => pattern.value);
    this.#rows = Uint16Array.from(all, ({ index }) => index);
    const unless = new Map(
      rows.map((row) => [row, row.onlyCondition?.notMasks && Int32Array.from(row.onlyCondition.notMasks)]),
    );
    this.#unless = all.map((row) => unless.get(row));
    this.#onlys = all.map((row) => (unless.get(row) ? undefined : row.only));
  }

  /** The row of a word with this key: its index in the table plus one, 0 when there is none. */
  find(key: number, word: number): number {
    const end = this.#starts[key + 1]!;
    for (let i = this.#starts[key]!; i < end; i++) {
      if (((word ^ this.#values[i]!) & this.#masks[i]!) !== 0) continue;
      const unless = this.#unless[i];
      if (unless !== undefined && matchesOne(word, unless)) continue;
      const only = this.#onlys[i];
      if (only === undefined || only(word, 0)) return this.#rows[i]! + 1;
    }
    return 0;
  }
}

function matchesOne(word: number, masks: Int32Array): boolean {
  for (let i = 0; i < masks.length; i += 2) if ((word & masks[i]!) === masks[i + 1]!) return true;
  return false;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const keyA32 = (w: number): number => (w >>> 28 === 15 ? 0x1000 : 0) | ((w >>> 16) & 0xff0) | ((w >>> 4) & 15);
const keyT32 = (w: number): number => ((w >>> 16) & 0x1ff0) | ((w >>> 4) & 15);

let a32: DecodeIndex | undefined;
let t32: DecodeIndex | undefined;
let t16: Uint16Array | undefined;

/** The row of an A32 word as index + 1; 0 when there is none. */
export function rowOfA32(word: number): number {
  a32 ??= new DecodeIndex(
    encodings.filter((encoding) => encoding.isa === "a32"),
    [...range(4, 7), ...range(20, 31)],
    keyA32,
    0x2000,
  );
  return a32.find(keyA32(word), word);
}

/** The row of a 32-bit Thumb instruction, hw1 in the upper half, as index + 1; 0 when there is none. */
export function rowOfT32(word: number): number {
  t32 ??= new DecodeIndex(
    encodings.filter((encoding) => encoding.isa === "t32" && encoding.size === 4),
    [...range(4, 7), ...range(20, 28)],
    keyT32,
    0x2000,
  );
  return t32.find(keyT32(word), word);
}

/** The row of a 16-bit Thumb instruction as index + 1; 0 when there is none. */
export function rowOfT16(halfword: number): number {
  if (t16 === undefined) {
    const rows = encodings.filter((encoding) => encoding.isa === "t32" && encoding.size === 2);
    const index = new DecodeIndex(rows, range(8, 15), (w) => w >>> 8, 0x100);
    t16 = new Uint16Array(0x10000);
    for (let word = 0; word < 0xe800; word++) t16[word] = index.find(word >>> 8, word);
  }
  return t16[halfword]!;
}

function encodingOf(row: number): Encoding | undefined {
  return row === 0 ? undefined : encodings[row - 1];
}

export function findA32(word: number): Encoding | undefined {
  return encodingOf(rowOfA32(word));
}

export function findT32(word: number): Encoding | undefined {
  return encodingOf(rowOfT32(word));
}

export function findT16(halfword: number): Encoding | undefined {
  return encodingOf(rowOfT16(halfword));
}
