import { Decoder } from "../decoder.js";
import { Encoding } from "../encoding.js";
import { table } from "../generated/rows.js";
import { rowsOf } from "./read.js";

/**
 * Every encoding, in table order; `Encoding.index` is the position. The rows behind them are read group by group, when asked for.
 *
 * @example
 * ```ts
 * encodings.length > 1000; // true
 * encodings.find(({ id }) => id === "B_T4")?.index === encoding("t32", "B_T4").index; // true
 * ```
 */
export const encodings: readonly Encoding[] = rowsOf(table, Encoding);

/** Finds the rows of words. */
export const decoder: Decoder = new Decoder(encodings);
