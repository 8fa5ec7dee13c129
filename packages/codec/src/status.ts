import type { Test } from "./clause.js";
import type { Clause, Encoding } from "./encoding.js";
import type { ItState } from "./it-state.js";

/** The statuses as numbers, for columns: `statuses[code]` is the name. */
export const statuses = ["ok", "undefined", "unpredictable", "unallocated"] as const;

/** Some clauses, each of which may hold. Most are masks and values, which is much faster than a closure. */
class Conditions {
  readonly #masks: Int32Array;
  readonly #tests: readonly Test[];
  /** Those about the IT block: no row has one that holds outside a block. */
  readonly #itTests: readonly Test[];

  constructor(clauses: readonly Clause[]) {
    const masks: number[] = [];
    const tests: Test[] = [];
    const itTests: Test[] = [];
    for (const clause of clauses) {
      if (clause.masks) masks.push(...clause.masks);
      else (clause.text.includes("InITBlock") ? itTests : tests).push(clause.test);
    }
    this.#masks = Int32Array.from(masks);
    this.#tests = tests;
    this.#itTests = itTests;
  }

  hold(word: number, it: ItState): boolean {
    const masks = this.#masks;
    for (let i = 0; i < masks.length; i += 2) if ((word & masks[i]!) === masks[i + 1]!) return true;
    const tests = this.#tests;
    for (let i = 0; i < tests.length; i++) if (tests[i]!(word, it)) return true;
    if (it !== 0) for (const test of this.#itTests) if (test(word, it)) return true;
    return false;
  }
}

/** Tells the status of the words of one row. */
export class StatusRule {
  readonly #shouldMask: number;
  readonly #shouldValue: number;
  readonly #undefined: Conditions;
  readonly #unpredictable: Conditions;
  readonly #none: boolean;

  constructor(encoding: Encoding) {
    const { pattern } = encoding;
    this.#shouldMask = pattern.shouldMask | 0;
    this.#shouldValue = pattern.shouldValue | 0;
    this.#undefined = new Conditions(encoding.undefinedClauses);
    this.#unpredictable = new Conditions(encoding.unpredictableClauses);
    this.#none =
      encoding.undefinedClauses.length + encoding.unpredictableClauses.length === 0 && pattern.shouldMask === 0;
  }

  /** An index into `statuses`. */
  code(word: number, it: ItState): number {
    if (this.#none) return 0;
    if (this.#undefined.hold(word, it)) return 1;
    if (((word ^ this.#shouldValue) & this.#shouldMask) !== 0) return 2;
    return this.#unpredictable.hold(word, it) ? 2 : 0;
  }
}

const rules = new WeakMap<Encoding, StatusRule>();

/** The rule of a row, made when first asked for. */
export function statusRule(encoding: Encoding): StatusRule {
  let rule = rules.get(encoding);
  if (rule === undefined) {
    rule = new StatusRule(encoding);
    rules.set(encoding, rule);
  }
  return rule;
}
