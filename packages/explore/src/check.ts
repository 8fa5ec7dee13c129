import type { Progress } from "./limits.js";
import type { Model } from "./model.js";
import type { PackedModel } from "./packed-model.js";
import { drain } from "./promise-first.js";
import { type CheckOptions, type CheckResult, Search } from "./search.js";

/**
 * Visits the reachable states of a model and decides its properties.
 *
 * @param model - of objects, or of packed words
 * @param options - order, memory, limits, reductions
 *
 * @example
 * ```ts
 * const counter: Model<number, number> = {
 *   init: () => [0],
 *   actions: () => [1, 2],
 *   next: (state, step) => (state + step) % 10,
 *   encode: (state, row) => row.push(state),
 *   properties: [always("below nine", (state) => state < 9)],
 * };
 * check(counter).properties[0]; // { name: "below nine", kind: "always", verdict: "violated", path: "0.0.1.1.1.1" }
 * ```
 */
export function check<State, Action>(model: Model<State, Action>, options?: CheckOptions<State>): CheckResult;
export function check(model: PackedModel, options?: CheckOptions<Int32Array>): CheckResult;
export function check<State, Action>(
  model: Model<State, Action> | PackedModel,
  options: CheckOptions<State> = {},
): CheckResult {
  return drain(pieces(new Search(model as Model<State, unknown>, options)));
}

/**
 * {@link check} in bounded pieces, for callers that show progress or cancel.
 *
 * @param model - of objects, or of packed words
 * @param options - as for {@link check}
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
 * const search = checking(model);
 * let piece = search.next();
 * while (!piece.done) piece = search.next();
 * piece.value.states; // 10
 * ```
 */
export function checking<State, Action>(
  model: Model<State, Action>,
  options?: CheckOptions<State>,
): Generator<Progress, CheckResult>;
export function checking(model: PackedModel, options?: CheckOptions<Int32Array>): Generator<Progress, CheckResult>;
export function checking<State, Action>(
  model: Model<State, Action> | PackedModel,
  options: CheckOptions<State> = {},
): Generator<Progress, CheckResult> {
  return pieces(new Search(model as Model<State, unknown>, options));
}

/** How many states a piece looks at. */
const piece = 4096;

function* pieces<State>(search: Search<State>): Generator<Progress, CheckResult> {
  while (!search.advance(piece)) yield search.progress;
  return search.result();
}
