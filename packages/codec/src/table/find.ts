import type { Encoding } from "../encoding.js";
import { decoder, encodings } from "./index.js";

function encodingOf(row: number): Encoding | undefined {
  return row === 0 ? undefined : encodings[row - 1];
}

export function findA32(word: number): Encoding | undefined {
  return encodingOf(decoder.rowOfA32(word));
}

/** Of a 32-bit Thumb instruction, hw1 in the upper half. */
export function findT32(word: number): Encoding | undefined {
  return encodingOf(decoder.rowOfT32(word));
}

export function findT16(halfword: number): Encoding | undefined {
  return encodingOf(decoder.rowsOfT16()[halfword]!);
}
