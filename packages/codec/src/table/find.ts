import type { State } from "../decisions.js";
import { rowBits } from "../decisions.js";
import type { Encoding, Isa } from "../encoding.js";
import { decoder, encodings } from "./index.js";

/** What is known of a canonical opcode. */
export function stateOf(isa: Isa, word: number): State {
  return isa === "a32" ? decoder.stateOfA32(word) : decoder.stateOfT32(word);
}

/** The row in a state. */
export function encodingOf(state: State): Encoding | undefined {
  const row = state & rowBits;
  return row === 0 ? undefined : encodings[row - 1];
}
