import type { Test } from "./clause.js";
import type { Clause, Encoding } from "./encoding.js";
import type { ItState } from "./it-state.js";
import type { Pattern } from "./pattern.js";

/** The statuses as numbers, for columns: `statuses[code]` is the name. */
export const statuses = ["ok", "undefined", "unpredictable", "unallocated"] as const;

/** `Rd == 15` and `Rd in {13, 15}` as masks and values: most clauses, and much faster than a closure. */
function asMasks(text: string, pattern: Pattern): number[] | undefined {
  const [, name, values] = /^\(?(\w+) (?:==|in) \{?([\d, ]+)\}?\)?$/.exec(text) ?? [];
  const field = name === undefined ? undefined : pattern.fields.get(name);
  if (field === undefined) return undefined;
  const mask = ((1 << field.width) - 1) << field.shift;
  return values!.split(",").flatMap((value) => [mask, Number(value) << field.shift]);
}

class Conditions {
  readonly masks: Int32Array;
  readonly tests: readonly Test[];

  constructor(clauses: readonly Clause[], pattern: Pattern) {
    const masks: number[] = [];
    const tests: Test[] = [];
    for (const { text, test } of clauses) {
      const pairs = asMasks(text, pattern);
      if (pairs === undefined) tests.push(test);
      else masks.push(...pairs);
    }
    this.masks = Int32Array.from(masks);
    this.tests = tests;
  }

  hold(word: number, it: ItState): boolean {
    const { masks, tests } = this;
    for (let i = 0; i < masks.length; i += 2) if ((word & masks[i]!) === masks[i + 1]!) return true;
    for (let i = 0; i < tests.length; i++) if (tests[i]!(word, it)) return true;
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
    this.#undefined = new Conditions(encoding.undefinedClauses, pattern);
    this.#unpredictable = new Conditions(encoding.unpredictableClauses, pattern);
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
