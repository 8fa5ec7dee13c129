import { bitCount } from "./clause.js";
import { type Decision, Decisions, rare, type State } from "./decisions.js";
import type { DecodeRow } from "./decode-row.js";
import { type Key, partShift } from "./key.js";
import { numbersOf, pairAt } from "./numbers.js";
import { stateByClauses, statusDecision, unallocated } from "./status.js";

/** The answer of a key whose tests are not made yet. */
const make = rare;

/** How many words are looked up row by row, before it is worth while to make tests: a program may decode only a few. */
const few = 32;

/**
 * Which row a word belongs to, and its status. A few bits of the word (key.ts) say where the tests start that tell the rest: each key
 * has a node (decisions.ts), which answers most words. What a key's bits answer already is no test any more.
 *
 * The order is that of specificity: of two rows that match the same word the one with more fixed bits is the manual's "SEE".
 * Rows that overlap otherwise exclude each other by `only` (a test proves it). Which rows come near a part of the keys is made
 * from the table (oracle/generate.ts); the tests of a key are made when a word first has it.
 */
export class DecodeIndex {
  #made: Decisions | undefined;
  readonly #rows: readonly DecodeRow[];
  readonly #lists: readonly string[];
  readonly #listOf: string;
  readonly #key: Key;
  #asked = 0;

  constructor(rows: readonly DecodeRow[], { listOf, lists }: Parts, key: Key) {
    this.#rows = rows;
    this.#listOf = listOf;
    this.#lists = lists.split(" ");
    this.#key = key;
  }

  /** Made when a word is first looked up by tests. */
  get #decisions(): Decisions {
    this.#made ??= new Decisions(this.#key.count, make);
    return this.#made;
  }

  /** The nodes as they are now, those of the keys first (decisions.ts): they may be others after `find`. */
  get nodes(): Int32Array {
    return this.#decisions.nodes;
  }

  /** What is known of a word. */
  find(word: number): State {
    if (this.#asked < few) {
      this.#asked++;
      return this.#read(word);
    }
    const decisions = this.#decisions;
    const key = this.#key.of(word);
    const known = decisions.answer(key, word);
    if (known !== make) return known;
    decisions.start(key, this.#make(word));
    return decisions.answer(key, word);
  }

  /** The rows that a word with the bits of this one may belong to, as far as the bits of the mask tell. */
  #near(word: number, known: number): DecodeRow[] {
    const near: DecodeRow[] = [];
    let number = 0;
    const list = pairAt(this.#listOf, this.#key.of(word) >> partShift);
    for (const step of numbersOf(this.#lists[list]!)) {
      number += step;
      const row = this.#rows[number - 1]!;
      const { mask, value } = row.pattern;
      if (((word ^ value) & mask & known) === 0) near.push(row);
    }
    return near;
  }

  /** What the rows say of a word. */
  #read(word: number): State {
    let found: DecodeRow | undefined;
    let most = 0;
    for (const row of this.#near(word, -1)) {
      const fixed = bitCount(row.pattern.mask);
      if (fixed < most || row.only?.(word, 0) === 0) continue;
      found = row;
      most = fixed;
    }
    return found === undefined ? unallocated : stateByClauses(found, word, 0);
  }

  /** The decision for the words that have the key of this one. */
  #make(word: number): Decision {
    const fixed = { mask: this.#key.fixed(word), bits: word };
    const near = this.#near(word, fixed.mask);
    near.sort((a, b) => bitCount(a.pattern.mask) - bitCount(b.pattern.mask));
    const decisions = this.#decisions;
    let decision: Decision = unallocated;
    for (const row of near) {
      const { mask, value, shouldMask, shouldValue } = row.pattern;
      const status = statusDecision(decisions, row, fixed);
      const { onlyCondition } = row;
      const yes = onlyCondition ? decisions.testCondition(onlyCondition, status, decision, fixed) : status;
      decision = decisions.test(mask | 0, value | 0, yes, decision, fixed);
      // Most words have the should-be bits that they should: they are asked together with the others first.
      if (shouldMask !== 0 && !onlyCondition && row.undefinedClauses.length === 0)
        decision = decisions.test(mask | shouldMask, value | shouldValue, yes, decision, fixed);
    }
    return decision;
  }
}

/**
 * Rows near the parts of the keys, as text (numbers.ts): which list each part has, two characters each, so that one is read where
 * it stands; and the lists, apart by spaces, each as the steps from one row to the next, which are small.
 */
export interface Parts {
  readonly listOf: string;
  readonly lists: string;
}
