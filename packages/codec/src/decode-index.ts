import type { Encoding } from "./encoding.js";
import { listsA32, listsT32, rowsT16, startsA32, startsT32, tests } from "./generated/decode-index.js";
import { keyOfA32, keyOfT32, keys } from "./key.js";
import { encodings } from "./table/index.js";

/**
 * Which row a word belongs to, found by a few of its bits (key.ts): `starts[key]` is where the tests of a key start. Each
 * test is a mask, a value and an answer, and the first whose value the masked word has gives it: a row's position in the
 * table plus one; 0, no row; a row plus `guarded`, the row if its `only` holds; less than 0, go on that many tests ahead.
 *
 * The order is that of specificity: of two rows that match the same word the one with more fixed bits is the manual's "SEE".
 * Rows that overlap otherwise exclude each other by `only` (a test proves it). All of this is made from the table
 * (oracle/generate.ts) and lies in flat typed arrays, because it is the inner loop of everything.
 */
export class DecodeIndex {
  readonly #starts: Uint16Array;
  readonly #tests: Int32Array;

  constructor(startsJson: string, listsJson: string) {
    const lists = JSON.parse(listsJson) as number[];
    allTests ??= Int32Array.from(JSON.parse(tests) as number[]);
    this.#starts = expand(startsJson, keys);
    this.#tests = new Int32Array(3 * lists.length);
    for (let i = 0; i < lists.length; i++)
      for (let part = 0; part < 3; part++) this.#tests[3 * i + part] = allTests[3 * lists[i]! + part]!;
  }

  /** The row of a word with this key: its position in the table plus one, 0 when there is none. */
  find(key: number, word: number): number {
    const list = this.#tests;
    for (let i = 3 * this.#starts[key]!; ; ) {
      if ((word & list[i]!) !== list[i + 1]!) {
        i += 3;
        continue;
      }
      const answer = list[i + 2]!;
      if (answer < 0) i -= 3 * answer;
      else if (answer < guarded) return answer;
      else if (encodings[answer - guarded - 1]!.only!(word, 0)) return answer - guarded;
      else i += 3;
    }
  }
}

let allTests: Int32Array | undefined;
const guarded = 0x8000;

/** Undoes runs: a number of times, and what. */
function expand(json: string, length: number): Uint16Array {
  const runs = JSON.parse(json) as number[];
  const values = new Uint16Array(length);
  let at = 0;
  for (let i = 0; i < runs.length; i += 2) {
    values.fill(runs[i + 1]!, at, at + runs[i]!);
    at += runs[i]!;
  }
  return values;
}

let a32: DecodeIndex | undefined;
let t32: DecodeIndex | undefined;
let t16: Uint16Array | undefined;

/** Of A32 words, by `keyOfA32`. */
export function indexA32(): DecodeIndex {
  a32 ??= new DecodeIndex(startsA32, listsA32);
  return a32;
}

/** Of 32-bit Thumb instructions, hw1 in the upper half, by `keyOfT32`. */
export function indexT32(): DecodeIndex {
  t32 ??= new DecodeIndex(startsT32, listsT32);
  return t32;
}

/** The row of each halfword, as its position in the table plus one; 0 when there is none. */
export function narrowRows(): Uint16Array {
  t16 ??= expand(rowsT16, 0x10000);
  return t16;
}

function encodingOf(row: number): Encoding | undefined {
  return row === 0 ? undefined : encodings[row - 1];
}

export function findA32(word: number): Encoding | undefined {
  return encodingOf(indexA32().find(keyOfA32(word), word));
}

export function findT32(word: number): Encoding | undefined {
  return encodingOf(indexT32().find(keyOfT32(word), word));
}

export function findT16(halfword: number): Encoding | undefined {
  return encodingOf(narrowRows()[halfword]!);
}
