import { CmodxError } from "@cmodx/errors";

/**
 * A call that cannot be answered: a path or a checkpoint that does not fit the model, workers where they cannot be, or a
 * symmetry that is none.
 *
 * @example
 * ```ts
 * const model: Model<number, number> = {
 *   init: () => [0],
 *   actions: () => [1],
 *   next: (state, step) => state + step,
 *   encode: (state, row) => row.push(state),
 *   properties: [],
 * };
 * let code = "";
 * try {
 *   replay(model, "0.7");
 * } catch (error) {
 *   if (error instanceof ExploreError) code = error.code;
 * }
 * code; // "E_PATH"
 * ```
 */
export class ExploreError extends CmodxError<"E_PATH" | "E_CHECKPOINT" | "E_WORKERS" | "E_SYMMETRY"> {}
