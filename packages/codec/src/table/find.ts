import type { State } from "../decisions.js";
import { rowBits } from "../decisions.js";
import type { Encoding, Isa } from "../encoding.js";
import { decoder, encodings } from "./index.js";

/** What is known of a word: a canonical opcode of this size. */
export function stateOf(isa: Isa, size: 2 | 4, word: number): State {
  if (isa === "a32") return decoder.stateOfA32(word);
  return size === 2 ? decoder.stateOfT16(word) : decoder.stateOfT32(word);
}

/** The row in a state. */
export function encodingOf(state: State): Encoding | undefined {
  const row = state & rowBits;
  return row === 0 ? undefined : encodings[row - 1];
}
