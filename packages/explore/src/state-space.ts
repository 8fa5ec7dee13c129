import { ExploreError } from "./explore-error.js";

/**
 * States by number, 0 for the first one found, and what leads from one to others: all that a search needs to know of a model. After
 * `start` and `expand` the edges are in `sources`, `targets` and `positions`; a state that was not known before has the next free
 * number, and -1 stands for a known one whose number is not kept (fingerprints).
 */
export interface StateSpace<State> {
  /** Of each edge: where it begins, as a position among the states that were expanded together. */
  readonly sources: Int32Array;
  readonly targets: Int32Array;
  /** Of the action (or initial state). */
  readonly positions: Int32Array;
  /** The edges to the initial states: how many. */
  start(): number;
  /** The edges from the first `count` of these states: how many. `expanded`: were a state's edges looked at already, or are now? */
  expand(numbers: Int32Array, count: number, expanded: (number: number) => boolean): number;
  /** A state that is not expanded yet. The object may be used again for the next one asked for. */
  state(number: number): State;
  /** The state found by one edge from another (from -1: an initial state) becomes the next one; false when there is no new one. */
  redo(from: number, position: number): boolean;
  /** What is not needed any more. */
  release(number: number): void;
  /**
   * The positions of actions on a way as the model itself would run it, with no state exchanged for another.
   *
   * @param numbers - of the states on the way, the initial one first
   * @param positions - of the initial state, then of each action in the state that is kept under the number before
   */
  path(numbers: readonly number[], positions: readonly number[]): number[];
}

/** Grows an array of integers to hold at least `length`. */
export function grown(words: Int32Array, length: number): Int32Array {
  if (length <= words.length) return words;
  const larger = new Int32Array(Math.max(length, words.length * 2));
  larger.set(words);
  return larger;
}

/** A symmetry that breaks its promise: no action of the one state leads where one of the other does. */
export function notAlike(of: "canonical()" | "representative()", step: number): never {
  throw new ExploreError({
    code: "E_SYMMETRY",
    what: `${of} exchanges states that do not have the same actions`,
    remedy: `let ${of} map only states that actions lead on from alike, or search with symmetry: false`,
    facts: { step },
  });
}
