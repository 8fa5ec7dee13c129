import { asksIt, type Decision, type Decisions, type Fixed, merge, type State, statusShift } from "./decisions.js";
import type { Clause, DecodeRow } from "./decode-row.js";
import type { ItState } from "./it-state.js";

/**
 * The statuses as numbers, for columns: `statuses[code]` is the name.
 *
 * @example
 * ```ts
 * statuses[0]; // "ok"
 * ```
 */
export const statuses = ["ok", "undefined", "unpredictable", "unallocated"] as const;

/** What is no row's. */
export const unallocated: State = 3 << statusShift;

function aboutIt({ text }: Clause): boolean {
  return text.includes("InITBlock");
}

/** A row and what does not change from word to word: no clause about the IT block holds outside one. */
function plainState({ index, undefinedClauses, unpredictableClauses }: DecodeRow): State {
  return (index + 1) | (undefinedClauses.some(aboutIt) || unpredictableClauses.some(aboutIt) ? asksIt : 0);
}

/** Decides the state of words of a row, outside an IT block. */
export function statusDecision(to: Decisions, row: DecodeRow, fixed: Fixed): Decision {
  const state = plainState(row);
  const { undefinedClauses, unpredictableClauses, pattern } = row;
  const isUndefined = state | (1 << statusShift);
  const isUnpredictable = state | (2 << statusShift);
  // From the last test to the first: what is UNDEFINED is not UNPREDICTABLE besides.
  let decision = anyOf(to, unpredictableClauses, isUnpredictable, state, fixed);
  decision = to.test(pattern.shouldMask | 0, pattern.shouldValue | 0, decision, isUnpredictable, fixed);
  return anyOf(to, undefinedClauses, isUndefined, decision, fixed);
}

/** One of the clauses holds. Those that masks and values say come first, as one. */
function anyOf(to: Decisions, clauses: readonly Clause[], yes: Decision, no: Decision, fixed: Fixed): Decision {
  let decision = no;
  for (const clause of clauses) {
    if (clause.masks().masks === undefined && !aboutIt(clause))
      decision = to.testCondition(clause, yes, decision, fixed);
  }
  return to.testAny(merge(clauses.flatMap((clause) => clause.masks().masks ?? [])), yes, decision, fixed);
}

/** The state of a word of a row, clause by clause. */
export function stateByClauses(row: DecodeRow, word: number, it: ItState): State {
  return plainState(row) | (codeByClauses(row, word, it) << statusShift);
}

function codeByClauses(row: DecodeRow, word: number, it: ItState): number {
  const { pattern, undefinedClauses, unpredictableClauses } = row;
  for (const { test } of undefinedClauses) if (test(word, it)) return 1;
  if (((word ^ pattern.shouldValue) & pattern.shouldMask) !== 0) return 2;
  for (const { test } of unpredictableClauses) if (test(word, it)) return 2;
  return 0;
}
