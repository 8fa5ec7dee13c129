import type { Row } from "./row-table.js";

/**
 * A system with finitely many actions in each state, to be checked by {@link check}. A state is treated as immutable: `next`
 * makes a new one.
 */
export interface Model<State, Action> {
  /** The states the system may start in. */
  init(): readonly State[];
  /** What may happen in a state, in a fixed order: paths name actions by their position here. */
  actions(state: State): readonly Action[];
  /** The state after an action; undefined when the action changes nothing and is to be left out. */
  next(state: State, action: Action): State | undefined;
  /** Appends what distinguishes the state from all others. */
  encode(state: State, row: Row): void;
  readonly properties: readonly Property<State>[];
  /**
   * Symmetry: one state for a class of states that differ only in names. Obligation: states of a class must have the same properties,
   * and actions that lead to the same classes; `symmetry: false` in the options turns it off.
   */
  representative?(state: State): State;
}

/** A claim about the reachable states. */
export interface Property<State> {
  readonly name: string;
  readonly kind: "always" | "sometimes" | "eventually";
  holds(state: State): boolean;
}

/**
 * Holds in every reachable state.
 *
 * @param name - under which its verdict is told; no two of a model are the same
 * @param holds - asked of each state once, without side effects
 *
 * @example
 * ```ts
 * always<number>("small", (state) => state < 9).kind; // "always"
 * ```
 */
export function always<State>(name: string, holds: (state: State) => boolean): Property<State> {
  return { name, kind: "always", holds };
}

/**
 * Holds in at least one reachable state.
 *
 * @param name - under which its verdict is told; no two of a model are the same
 * @param holds - asked of each state once, without side effects
 *
 * @example
 * ```ts
 * sometimes<number>("five", (state) => state === 5).kind; // "sometimes"
 * ```
 */
export function sometimes<State>(name: string, holds: (state: State) => boolean): Property<State> {
  return { name, kind: "sometimes", holds };
}

/**
 * Holds somewhere on every run, where a run goes on until nothing can happen, or for ever.
 *
 * @param name - under which its verdict is told; no two of a model are the same
 * @param holds - asked of each state once, without side effects
 *
 * @example
 * ```ts
 * const model: Model<number, number> = {
 *   init: () => [0],
 *   actions: (state) => (state < 3 ? [1] : []),
 *   next: (state, step) => state + step,
 *   encode: (state, row) => row.push(state),
 *   properties: [eventually("three", (state) => state === 3)],
 * };
 * check(model).properties[0]!.verdict; // "holds"
 * ```
 */
export function eventually<State>(name: string, holds: (state: State) => boolean): Property<State> {
  return { name, kind: "eventually", holds };
}
