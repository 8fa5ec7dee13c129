import type { Clause, DecodeRow } from "./decode-row.js";
import type { ItState } from "./it-state.js";

/** The statuses as numbers, for columns: `statuses[code]` is the name. */
export const statuses = ["ok", "undefined", "unpredictable", "unallocated"] as const;

/** Two of these masks and values that differ in one bit are one without the bit: 13 and 15 are 11x1. */
function merge(pairs: number[]): number[] {
  for (let i = 0; i < pairs.length; i += 2)
    for (let j = i + 2; j < pairs.length; j += 2) {
      const differ = pairs[i + 1]! ^ pairs[j + 1]!;
      if (pairs[i] !== pairs[j] || (differ & (differ - 1)) !== 0) continue;
      const merged = [pairs[i]! & ~differ, pairs[i + 1]! & ~differ];
      return merge([...pairs.slice(0, i), ...pairs.slice(i + 2, j), ...pairs.slice(j + 2), ...merged]);
    }
  return pairs;
}

/** Answers besides: the clauses have to be asked one by one; the row has no tests yet. */
const ask = 4;
const compile = 5;

/**
 * Tells the status of words by their row. Most clauses are masks and values, so they are tests as those of the decode
 * index: a mask, a value and an answer, and the first whose value the masked word has gives it. An answer is an index into
 * `statuses`, or `ask`. The last test of a row always matches. The tests of all
 * rows lie in one array, appended when a row first comes up, because this is the inner loop of the sweep.
 */
export class StatusRules {
  readonly #rows: readonly DecodeRow[];
  /** Where the tests of a row start, by its position in the table plus one: at first those that have the row compiled. */
  readonly #starts: Int32Array;
  /** Rows whose status depends on ITSTATE. No clause about the IT block holds outside one. */
  readonly #asksIt: Uint8Array;
  readonly #shouldMasks: Int32Array;
  readonly #shouldValues: Int32Array;
  #tests = Int32Array.of(0, 0, compile, 0, 0, 3);
  #used = 6;

  constructor(rows: readonly DecodeRow[]) {
    this.#rows = rows;
    this.#starts = new Int32Array(rows.length + 1);
    this.#asksIt = new Uint8Array(rows.length + 1);
    this.#shouldMasks = new Int32Array(rows.length + 1);
    this.#shouldValues = new Int32Array(rows.length + 1);
    this.#starts[0] = 3;
  }

  /** The status of a word as an index into `statuses`; row 0 is no row. */
  code(row: number, word: number, it: ItState): number {
    if (((word ^ this.#shouldValues[row]!) & this.#shouldMasks[row]!) !== 0) return this.#rarely(ask, row, word, it);
    const tests = this.#tests;
    let i = this.#starts[row]!;
    while ((word & tests[i]!) !== tests[i + 1]!) i += 3;
    const answer = tests[i + 2]!;
    return answer < ask && it === 0 ? answer : this.#rarely(answer, row, word, it);
  }

  #rarely(answer: number, row: number, word: number, it: ItState): number {
    if (answer === compile) {
      this.#compile(row);
      return this.code(row, word, it);
    }
    return answer === ask || this.#asksIt[row] === 1 ? askClauses(this.#rows[row - 1]!, word, it) : answer;
  }

  /** Whether the status of this row's words depends on ITSTATE. */
  asksIt(row: number): boolean {
    if (this.#starts[row] === 0) this.#compile(row);
    return this.#asksIt[row] === 1;
  }

  #compile(row: number): void {
    const { pattern, undefinedClauses, unpredictableClauses } = this.#rows[row - 1]!;
    const made = [...testsOf(undefinedClauses, 1), ...testsOf(unpredictableClauses, 2), 0, 0, 0];
    this.#shouldMasks[row] = pattern.shouldMask;
    this.#shouldValues[row] = pattern.shouldValue;
    if (this.#used + made.length > this.#tests.length) {
      const larger = new Int32Array(2 * (this.#used + made.length));
      larger.set(this.#tests);
      this.#tests = larger;
    }
    this.#tests.set(made, this.#used);
    this.#starts[row] = this.#used;
    this.#used += made.length;
    this.#asksIt[row] = [...undefinedClauses, ...unpredictableClauses].some(aboutIt) ? 1 : 0;
  }
}

function askClauses({ pattern, undefinedClauses, unpredictableClauses }: DecodeRow, word: number, it: ItState): number {
  for (const { test } of undefinedClauses) if (test(word, it)) return 1;
  if (((word ^ pattern.shouldValue) & pattern.shouldMask) !== 0) return 2;
  for (const { test } of unpredictableClauses) if (test(word, it)) return 2;
  return 0;
}

function aboutIt({ text }: Clause): boolean {
  return text.includes("InITBlock");
}

/** Clauses as tests: those that cannot be said by masks and values are asked where what is necessary for them holds. */
function testsOf(clauses: readonly Clause[], answer: number): number[] {
  const known = merge(clauses.flatMap(({ masks = [] }) => masks));
  const unknown = clauses.filter((clause) => clause.masks === undefined && !aboutIt(clause));
  const near = merge(unknown.flatMap(({ within = [0, 0] }) => within));
  return [...withAnswer(known, answer), ...withAnswer(near, ask)];
}

function withAnswer(pairs: readonly number[], answer: number): number[] {
  const tests: number[] = [];
  for (let i = 0; i < pairs.length; i += 2) tests.push(pairs[i]!, pairs[i + 1]!, answer);
  return tests;
}
