import { ExploreError } from "./explore-error.js";
import type { Model } from "./model.js";

/** A run of a model as text: the position of the initial state, then that of each action, joined by dots: "0.3.1". */
export type Path = string;

/** One step of a replayed path. */
export interface PathStep<State, Action> {
  /** Undefined for the initial state. */
  readonly action: Action | undefined;
  readonly state: State;
}

/**
 * Runs a path again.
 *
 * @param model - the one that the path was found in
 * @param path - indices of actions with points between, `"0.3.1"`
 * @throws ExploreError `E_PATH` when the text is no path, or does not fit the model; `facts.step` is the first step that does not.
 *
 * @example
 * ```ts
 * const model: Model<number, number> = {
 *   init: () => [0],
 *   actions: () => [1, 2],
 *   next: (state, step) => (state + step) % 10,
 *   encode: (state, row) => row.push(state),
 *   properties: [],
 * };
 * replay(model, "0.1.1").map(({ state }) => state); // [0, 2, 4]
 * ```
 */
export function replay<State, Action>(model: Model<State, Action>, path: Path): PathStep<State, Action>[] {
  const fail = (step: number, what: string): never => {
    throw new ExploreError({
      code: "E_PATH",
      what,
      remedy: "use a path that a check of the same model reported",
      facts: { path, step },
    });
  };
  if (!/^\d+(\.\d+)*$/.test(path)) return fail(0, `"${path}" is no path like 0.3.1`);
  const numbers = path.split(".").map(Number);
  const initial = model.init();
  let state = numbers[0]! < initial.length ? initial[numbers[0]!]! : fail(0, `there is no initial state ${numbers[0]}`);
  const steps: PathStep<State, Action>[] = [{ action: undefined, state }];
  for (let i = 1; i < numbers.length; i++) {
    const actions = model.actions(state);
    if (numbers[i]! >= actions.length)
      return fail(i, `step ${i}: there is no action ${numbers[i]} of ${actions.length}`);
    const action = actions[numbers[i]!]!;
    state = model.next(state, action) ?? fail(i, `step ${i}: action ${numbers[i]} changes nothing`);
    steps.push({ action, state });
  }
  return steps;
}
