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

/** A node's place in the nodes. */
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

/**
 * Tests of words as a graph. A node is a mask, a value, and where to go when the masked word has the value and when it has not.
 * An end has no mask, leads to itself, and has its answer in the fourth place: so a step from any node is the same, without a
 * branch. Equal nodes are one. They lie in one flat typed array, because walking them is the inner loop of everything.
 */
export class Decisions {
  nodes: Int32Array = new Int32Array(1 << 10);
  #used = 0;
  readonly #known = new Map<string, Decision>();
  readonly #guards: Guard[] = [];

  /** The end with this answer. */
  end(answer: number): Decision {
    const known = this.#known.get(`${answer}`);
    return known ?? this.#add(`${answer}`, 0, 0, this.#used, answer);
  }

  /** The decision between two. */
  test(mask: number, value: number, yes: Decision, no: Decision, fixed: Fixed): Decision {
    if (((value ^ fixed.bits) & mask & fixed.mask) !== 0) return no;
    const rest = mask & ~fixed.mask;
    if (rest === 0 || yes === no) return yes;
    const wanted = value & rest;
    const name = `${rest} ${wanted} ${yes} ${no}`;
    return this.#known.get(name) ?? this.#add(name, rest, wanted, yes, no);
  }

  #add(name: string, mask: number, value: number, yes: number, no: number): Decision {
    const at = this.#used;
    if (at === this.nodes.length) {
      const larger = new Int32Array(2 * at);
      larger.set(this.nodes);
      this.nodes = larger;
    }
    this.nodes[at] = mask;
    this.nodes[at + 1] = value;
    this.nodes[at + 2] = yes;
    this.nodes[at + 3] = no;
    this.#used += 4;
    this.#known.set(name, at);
    return at;
  }

  /** The same for several masks and values, in turn: `yes` when one of them matches. */
  testAny(pairs: readonly number[], yes: Decision, no: Decision, fixed: Fixed): Decision {
    let decision = no;
    for (let i = pairs.length - 2; i >= 0; i -= 2) decision = this.test(pairs[i]!, pairs[i + 1]!, yes, decision, fixed);
    return decision;
  }

  /** The same for a condition in whatever form it has: fewest tests first. */
  testCondition(condition: Condition, yes: Decision, no: Decision, fixed: Fixed): Decision {
    const { several, test, reads } = condition;
    const { masks, notMasks } = condition.masks();
    if (masks !== undefined && (notMasks === undefined || masks.length <= notMasks.length))
      return this.testAny(merge(masks), yes, no, fixed);
    if (notMasks !== undefined) return this.testAny(merge(notMasks), no, yes, fixed);
    if ((reads & ~fixed.mask) === 0) return test(fixed.bits, 0) ? yes : no;
    if (several !== undefined) return this.#testSeveral(several, yes, no, fixed);
    this.#guards.push({ test, yes, no });
    return this.end(guarded + this.#guards.length - 1);
  }

  /** Whether two or more of these bits are ones: the highest that is one decides, with whether there is a lower one. */
  #testSeveral(bits: number, yes: Decision, no: Decision, fixed: Fixed): Decision {
    let decision = no;
    for (let below = 0, rest = bits; rest !== 0; rest &= rest - 1) {
      const bit = rest & -rest;
      decision = this.test(bit, bit, this.test(below, 0, no, yes, fixed), decision, fixed);
      below |= bit;
    }
    return decision;
  }

  /** What follows an answer from `rare` up for a word: a state, or an answer that is no guard. */
  ask(answer: number, word: number): number {
    let known = answer;
    while (known >= guarded) {
      const { test, yes, no } = this.#guards[known - guarded]!;
      known = this.walk(test(word, 0) ? yes : no, word);
    }
    return known;
  }

  /** The answer for a word, as far as tests lead. */
  walk(from: Decision, word: number): number {
    const { nodes } = this;
    let at = from;
    while (nodes[at] !== 0) at = (word & nodes[at]!) === nodes[at + 1]! ? nodes[at + 2]! : nodes[at + 3]!;
    return nodes[at + 3]!;
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
