import type { Columns } from "./decoder.js";
import type { Encoding, Isa } from "./encoding.js";
import { type ItState, noIt } from "./it-state.js";
import { decoder, encodings } from "./table/index.js";

/**
 * Decodes little-endian code from its first byte to its last, one instruction after the other, into columns. ITSTATE is
 * followed through IT blocks. Returns the number of instructions: at most `columns.row.length`, and a last part of an
 * instruction is left out. Allocates nothing.
 *
 * @param isa - the instruction set of the code
 * @param code - little-endian code
 * @param into - columns to fill, from `columns`
 * @param it - ITSTATE before the first instruction
 * @returns the number of instructions
 * @example
 * ```ts
 * const into = columns(2);
 * sweep("t32", new Uint8Array([0x00, 0xbf, 0xaf, 0xf3, 0x00, 0x80]), into); // 2
 * into.word[1]; // 0xf3af8000
 * ```
 */
export function sweep(isa: Isa, code: Uint8Array, into: Columns, it: ItState = noIt): number {
  return decoder.sweep(isa, code, into, it);
}

/**
 * The row of column entry `i`.
 *
 * @param columns - columns that `sweep` filled
 * @param i - the entry
 * @returns the row; undefined when the word is unallocated
 * @example
 * ```ts
 * const into = columns(1);
 * sweep("t32", new Uint8Array([0x00, 0xbf]), into);
 * rowAt(into, 0)?.id; // "NOP_T1"
 * ```
 */
export function rowAt({ row }: Columns, i: number): Encoding | undefined {
  const r = row[i];
  return r === undefined || r === 0 ? undefined : encodings[r - 1];
}
