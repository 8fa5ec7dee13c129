import type { Property } from "./model.js";

/**
 * A system whose states are a few 32-bit words, for {@link check}: the form for millions of states. States are written in place, and
 * kept as they are; `Layout` gives fields their bits.
 */
export interface PackedModel {
  /** 32-bit words of a state. */
  readonly words: number;
  /** The states the system may start in, each of `words` words. */
  init(): readonly ArrayLike<number>[];
  /** How many actions there are; paths name them by number. */
  readonly actions: number;
  /** Performs an action on a state, in place; false, with the state left as it was, when it is not possible there. */
  step(action: number, state: Int32Array): boolean;
  readonly properties: readonly Property<Int32Array>[];
  /**
   * Symmetry: makes a state the representative of its class, in place. Obligation: states of a class have the same properties, and
   * for each action of one there is an action of the other that leads to the same class. `symmetry: false` turns it off.
   */
  canonical?(state: Int32Array): void;
  /**
   * Partial order: writes the numbers of an ample set of actions to `actions` and returns how many, or 0 for all actions.
   *
   * Obligation: at least one of them is possible; each of them is independent of every action outside the set that could happen
   * before it on any run from here (both orders lead to the same state, neither makes the other impossible or possible); and none of them
   * changes what a property says. The search itself sees to it that no action is put off for ever: where one of the set leads to a state
   * whose actions were looked at already, all actions are. `ample: false` turns it off. Not used for `eventually`.
   */
  ample?(state: Int32Array, actions: Int32Array): number;
}
