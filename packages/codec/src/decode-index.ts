import { bitCount } from "./clause.js";
import type { DecodeRow } from "./decode-row.js";
import { keys, partShift } from "./key.js";

/** Answers of a test besides rows and steps: the row if its `only` holds; the tests of this key are not made yet. */
const guarded = 0x8000;
const make = 0x10000;

/**
 * Which row a word belongs to, found by a few of its bits (key.ts): `#starts[key]` is where the tests of a key start. Each
 * test is a mask, a value and an answer, and the first whose value the masked word has gives it: a row's position in the
 * table plus one; 0, no row; a row plus `guarded`, the row if its `only` holds; less than 0, go on that many tests ahead.
 *
 * The order is that of specificity: of two rows that match the same word the one with more fixed bits is the manual's "SEE".
 * Rows that overlap otherwise exclude each other by `only` (a test proves it). Which rows come near a part of the keys is made
 * from the table (oracle/generate.ts); the tests of a key are made when a word first has it, and lie in one flat typed
 * array, because it is the inner loop of everything.
 */
export class DecodeIndex {
  readonly #rows: readonly DecodeRow[];
  readonly #parts: readonly string[];
  readonly #partOf: Uint16Array;
  readonly #starts = new Int32Array(keys);
  readonly #keyBits: number;
  /** Where a key's upper bits stand in a word; its lower four stand at bit 4. */
  readonly #known = new Map<string, number>();
  #tests = Int32Array.of(0, 0, make);
  #used = 3;

  constructor(rows: readonly DecodeRow[], { runs, lists }: Parts, keyBits: number) {
    this.#rows = rows;
    this.#partOf = expand(runs, keys >> partShift);
    this.#parts = lists.split(" ");
    this.#keyBits = keyBits;
  }

  /** The row of a word with this key: its position in the table plus one, 0 when there is none. */
  find(key: number, word: number): number {
    const tests = this.#tests;
    for (let i = this.#starts[key]!; ; ) {
      if ((word & tests[i]!) !== tests[i + 1]!) {
        i += 3;
        continue;
      }
      const answer = tests[i + 2]!;
      if (answer < 0) i -= 3 * answer;
      else if (answer < guarded) return answer;
      else if (answer === make) return this.#make(key, word);
      else if (this.#rows[answer - guarded - 1]!.only!(word, 0)) return answer - guarded;
      else i += 3;
    }
  }

  #make(key: number, word: number): number {
    const near: DecodeRow[] = [];
    for (const number of numbersOf(this.#parts[this.#partOf[key >> partShift]!]!)) {
      const row = this.#rows[number - 1]!;
      const { mask, value } = row.pattern;
      if (((word ^ value) & mask & this.#keyBits & 0xff) === 0) near.push(row);
    }
    near.sort((a, b) => bitCount(b.pattern.mask) - bitCount(a.pattern.mask));
    const made = [...near.flatMap((row) => testsOf(row, row.index + 1)), 0, 0, 0];
    const name = near.map((row) => row.index).join();
    let start = this.#known.get(name);
    if (start === undefined) {
      start = this.#used;
      this.#known.set(name, start);
      if (start + made.length > this.#tests.length) {
        const larger = new Int32Array(2 * (start + made.length));
        larger.set(this.#tests);
        this.#tests = larger;
      }
      this.#tests.set(made, start);
      this.#used += made.length;
    }
    this.#starts[key] = start;
    return this.find(key, word);
  }
}

/** The tests that find a row. Most of what `only` says can be said by masks and values. */
function testsOf({ pattern, onlyCondition }: DecodeRow, number: number): number[] {
  const mask = pattern.mask | 0;
  const value = pattern.value | 0;
  if (onlyCondition === undefined) return [mask, value, number];
  const { masks, notMasks } = onlyCondition;
  const tests: number[] = [];
  if (masks !== undefined && (notMasks === undefined || masks.length <= notMasks.length)) {
    for (let i = 0; i < masks.length; i += 2)
      if (((masks[i + 1]! ^ value) & masks[i]! & mask) === 0)
        tests.push(mask | masks[i]!, value | masks[i + 1]!, number);
  } else if (notMasks !== undefined) {
    const pairs: number[] = [];
    for (let i = 0; i < notMasks.length; i += 2)
      if (((notMasks[i + 1]! ^ value) & notMasks[i]! & mask) === 0)
        pairs.push(mask | notMasks[i]!, value | notMasks[i + 1]!);
    // What it is not goes past it: as many tests ahead as there are left.
    for (let i = 0; i < pairs.length; i += 2) tests.push(pairs[i]!, pairs[i + 1]!, -((pairs.length - i) / 2 + 1));
    tests.push(mask, value, number);
  } else tests.push(mask, value, number + guarded);
  return tests;
}

/** Rows near the parts of the keys: a number of parts and their list, in turn; and the lists, as `stepsOf` writes them. */
export interface Parts {
  readonly runs: readonly number[];
  readonly lists: string;
}

/** The characters of steps: a step is one of them, or `!` and two for larger ones. */
const digits = 64;
const zero = 35;

/** Writes ascending numbers as steps from one to the next, which lie near each other: a character each. */
export function stepsOf(numbers: readonly number[]): string {
  let last = 0;
  return numbers
    .map((number) => {
      const step = number - last;
      last = number;
      const high = Math.floor(step / digits);
      const low = String.fromCharCode(zero + (step % digits));
      return high === 0 ? low : `!${String.fromCharCode(zero + high)}${low}`;
    })
    .join("")
    .replaceAll("\\", "~");
}

function numbersOf(steps: string): number[] {
  const numbers: number[] = [];
  let last = 0;
  const digit = (at: number): number => {
    const code = steps.charCodeAt(at);
    return (code === 0x7e ? 0x5c : code) - zero;
  };
  for (let at = 0; at < steps.length; at++) {
    last += steps[at] === "!" ? digit(++at) * digits + digit(++at) : digit(at);
    numbers.push(last);
  }
  return numbers;
}

/** Undoes runs: a number of times, and what. */
export function expand(runs: readonly number[], length: number): Uint16Array {
  const values = new Uint16Array(length);
  let at = 0;
  for (let i = 0; i < runs.length; i += 2) {
    values.fill(runs[i + 1]!, at, at + runs[i]!);
    at += runs[i]!;
  }
  return values;
}
