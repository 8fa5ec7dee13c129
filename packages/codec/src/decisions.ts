import type { Condition, Test } from "./clause.js";

/** What is known of a word outside an IT block, in 16 bits: its row, its status, and whether an IT block may change that. */
export type State = number;

/** A row's position in the table plus one; 0, no row. */
export const rowBits = 0xfff;
/** Where the status stands, an index into `statuses`, in two bits. */
export const statusShift = 12;
/** The status depends on ITSTATE. */
export const asksIt = 0x4000;
/** Answers from here up are no states. */
export const rare = 0x8000;
/** Answers from here up are guards: a condition that masks and values cannot say. */
const guarded = 0x10000;

/** An answer, or a node: the complement of its place in the nodes. */
export type Decision = number;

/** A condition that masks and values cannot say, and how it goes on. */
interface Guard {
  readonly test: Test;
  readonly yes: Decision;
  readonly no: Decision;
}

/** The bits of words that are known, and their values: a test that these answer is left out. */
export interface Fixed {
  readonly mask: number;
  readonly bits: number;
}

/** How many numbers a node is: a power of two, so that `|` adds to a place what is smaller. */
export const nodeWords = 4;

/**
 * Tests of words as a graph. A node is a mask, a value, and the decisions when the masked word has the value and when it has not.
 * Equal nodes are one. They lie in one flat typed array, because walking them is the inner loop of everything. The first nodes
 * belong to the keys of words, in order: a walk starts there.
 */
export class Decisions {
  nodes: Int32Array;
  #used: number;
  readonly #known = new Map<string, Decision>();
  readonly #guards: Guard[] = [];

  /** Each key's node has the same answer to begin with, whatever the word. */
  constructor(keys: number, answer: number) {
    this.#used = keys * nodeWords;
    this.nodes = new Int32Array(this.#used + (1 << 10)).fill(answer, 0, this.#used);
  }

  /** Has a key's node decide so. */
  start(key: number, decision: Decision): void {
    const node = decision < 0 ? this.nodes.subarray(~decision, ~decision + nodeWords) : [0, 0, decision, decision];
    this.nodes.set(node, key * nodeWords);
  }

  /** The decision between two. */
  test(mask: number, value: number, yes: Decision, no: Decision, fixed: Fixed): Decision {
    if (((value ^ fixed.bits) & mask & fixed.mask) !== 0) return no;
    const rest = mask & ~fixed.mask;
    const wanted = value & rest;
    const then = this.#left(yes, rest, wanted, true);
    const other = this.#left(no, rest, wanted, false);
    if (rest === 0 || then === other) return then;
    const name = `${rest} ${wanted} ${then} ${other}`;
    return this.#known.get(name) ?? this.#add(name, rest, wanted, then, other);
  }

  /** What is left of a decision for words whose masked bits have this value, or have not. */
  #left(decision: Decision, mask: number, value: number, has: boolean): Decision {
    const { nodes } = this;
    let left = decision;
    while (left < 0) {
      const asked = nodes[~left]!;
      const differ = (value ^ nodes[~left | 1]!) & asked & mask;
      if (has ? differ !== 0 : differ === 0 && (asked & mask) === mask) left = nodes[~left | 3]!;
      else if (has && (asked & ~mask) === 0) left = nodes[~left | 2]!;
      else break;
    }
    return left;
  }

  #add(name: string, mask: number, value: number, yes: Decision, no: Decision): Decision {
    const at = this.#used;
    if (at === this.nodes.length) {
      const larger = new Int32Array(2 * at);
      larger.set(this.nodes);
      this.nodes = larger;
    }
    this.nodes.set([mask, value, yes, no], at);
    this.#used += nodeWords;
    this.#known.set(name, ~at);
    return ~at;
  }

  /** The same for several masks and values, in turn: `yes` when one of them matches. */
  testAny(pairs: readonly number[], yes: Decision, no: Decision, fixed: Fixed): Decision {
    let decision = no;
    for (let i = pairs.length - 2; i >= 0; i -= 2) decision = this.test(pairs[i]!, pairs[i + 1]!, yes, decision, fixed);
    return decision;
  }

  /** The same for a condition in whatever form it has: fewest tests first. */
  testCondition(condition: Condition, yes: Decision, no: Decision, fixed: Fixed): Decision {
    const { way, test, reads } = condition;
    const { masks, notMasks } = condition.masks();
    if (masks !== undefined && (notMasks === undefined || masks.length <= notMasks.length))
      return this.testAny(merge(masks), yes, no, fixed);
    if (notMasks !== undefined) return this.testAny(merge(notMasks), no, yes, fixed);
    if ((reads & ~fixed.mask) === 0) return test(fixed.bits, 0) ? yes : no;
    if (way !== undefined)
      return way(
        {
          part: (part, then, other) => this.testCondition({ ...part, reads }, then, other, fixed),
          bits: (mask, value, then, other) => this.test(mask, value, then, other, fixed),
        },
        yes,
        no,
      );
    this.#guards.push({ test, yes, no });
    return guarded + this.#guards.length - 1;
  }

  /** The answer for a word with this key. */
  answer(key: number, word: number): number {
    let known = this.#walk(~(key * nodeWords), word);
    while (known >= guarded) {
      const { test, yes, no } = this.#guards[known - guarded]!;
      known = this.#walk(test(word, 0) ? yes : no, word);
    }
    return known;
  }

  /** As far as tests lead. */
  #walk(from: Decision, word: number): number {
    const { nodes } = this;
    let known = from;
    while (known < 0) known = nodes[~known | ((word & nodes[~known]!) === nodes[~known | 1]! ? 2 : 3)]!;
    return known;
  }
}

/** Two of these masks and values that differ in one bit are one without the bit: 13 and 15 are 11x1. */
export function merge(pairs: readonly number[]): readonly number[] {
  for (let i = 0; i < pairs.length; i += 2)
    for (let j = i + 2; j < pairs.length; j += 2) {
      const differ = pairs[i + 1]! ^ pairs[j + 1]!;
      if (pairs[i] !== pairs[j] || (differ & (differ - 1)) !== 0) continue;
      const merged = [pairs[i]! & ~differ, pairs[i + 1]! & ~differ];
      return merge([...pairs.slice(0, i), ...pairs.slice(i + 2, j), ...pairs.slice(j + 2), ...merged]);
    }
  return pairs;
}
