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
class DecodeIndex {
  readonly #starts: Uint32Array;
  readonly #masks: Int32Array;
  readonly #values: Int32Array;
  readonly #rows: Uint16Array;
  /** What excludes a candidate: masks and values where its `only` can be said so, else a function. */
  readonly #unless: readonly (Int32Array | undefined)[];
  readonly #onlys: readonly (Test | undefined)[];

  constructor(rows: readonly Encoding[], keyBits: readonly number[], keyOf: (word: number) => number, size: number) {
    const keyMask = keyBits.reduce((mask, bit) => mask | (1 << bit), 0);
    const sorted = bySpecificity(rows);
    // Twice over the keys of every row: once to count, once to fill in, most specific rows first.
    const next = new Uint32Array(size + 1);
    for (const encoding of sorted) eachKey(encoding, keyMask, keyOf, (key) => next[key + 1]!++);
    for (let key = 0; key < size; key++) next[key + 1]! += next[key]!;
    this.#starts = next.slice();
    const total = next[size]!;
    this.#masks = new Int32Array(total);
    this.#values = new Int32Array(total);
    this.#rows = new Uint16Array(total);
    const unless = new Array<Int32Array | undefined>(total).fill(undefined);
    const onlys = new Array<Test | undefined>(total).fill(undefined);
    for (const encoding of sorted) {
      const { pattern, onlyCondition, index } = encoding;
      const excluded = onlyCondition?.notMasks && Int32Array.from(onlyCondition.notMasks);
      const only = excluded ? undefined : onlyCondition?.test;
      eachKey(encoding, keyMask, keyOf, (key) => {
        const at = next[key]!++;
        this.#masks[at] = pattern.mask;
        this.#values[at] = pattern.value;
        this.#rows[at] = index;
        unless[at] = excluded;
        onlys[at] = only;
      });
    }
    this.#unless = unless;
    this.#onlys = onlys;
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

/** Rows with more fixed bits first. */
function bySpecificity(rows: readonly Encoding[]): Encoding[] {
  const ranked = rows.map((row) => ({ row, fixed: bitCount(row.pattern.mask) }));
  return ranked.sort((a, b) => b.fixed - a.fixed).map(({ row }) => row);
}

/** Calls back with every key that a word of the row can have. */
function eachKey(row: Encoding, keyMask: number, keyOf: (word: number) => number, call: (key: number) => void): void {
  const { mask, value } = row.pattern;
  const free = keyMask & ~mask;
  const conditional = row.isa === "a32" && row.hasCond;
  let last = -1;
  // Counts through the subsets of the free bits.
  let subset = 0;
  do {
    const word = value | subset;
    // A row with a condition does not match cond = 1111, which is another instruction space.
    const key = conditional && word >>> 28 === 15 ? last : keyOf(word);
    if (key !== last) call(key);
    last = key;
    subset = (subset - free) & free;
  } while (subset !== 0);
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
    [...range(4, 7), ...range(20, 27)],
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
    t16 = new Uint16Array(0x10000);
    const rows = encodings.filter((encoding) => encoding.isa === "t32" && encoding.size === 2);
    for (const row of bySpecificity(rows).reverse()) {
      const free = ~row.pattern.mask & 0xffff;
      let subset = 0;
      do {
        const word = row.pattern.value | subset;
        if (row.only === undefined || row.only(word, 0)) t16[word] = row.index + 1;
        subset = (subset - free) & free;
      } while (subset !== 0);
    }
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
