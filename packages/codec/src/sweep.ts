import { rowOfA32, rowOfT16, rowOfT32 } from "./decode-index.js";
import type { Encoding, Isa } from "./encoding.js";
import { advanceIt, type ItState, noIt } from "./it-state.js";
import { StatusRule } from "./status.js";
import { encodings } from "./table/index.js";

/** Instructions in columns, one entry each: for bulk work without an object an instruction. */
export interface Columns {
  /** Byte offset in the code. */
  readonly offset: Uint32Array;
  /** Canonical opcode, as `Insn.word`. */
  readonly word: Uint32Array;
  /** Index of the row in `encodings` plus one; 0 when the word is unallocated. */
  readonly row: Uint16Array;
  /** Index into `statuses`: 0 ok, 1 undefined, 2 unpredictable, 3 unallocated. */
  readonly status: Uint8Array;
  /** ITSTATE the instruction was decoded with. */
  readonly it: Uint8Array;
}

/** Columns for up to `length` instructions. */
export function columns(length: number): Columns {
  return {
    offset: new Uint32Array(length),
    word: new Uint32Array(length),
    row: new Uint16Array(length),
    status: new Uint8Array(length),
    it: new Uint8Array(length),
  };
}

const rules: (StatusRule | undefined)[] = [];

function ruleOf(row: number): StatusRule {
  const rule = new StatusRule(encodings[row - 1]!);
  rules[row] = rule;
  return rule;
}

/**
 * Decodes little-endian code from its first byte to its last, one instruction after the other, into columns. ITSTATE is
 * followed through IT blocks. Returns the number of instructions: at most `columns.row.length`, and a last part of an
 * instruction is left out. Allocates nothing.
 *
 * @example
 * ```ts
 * const into = columns(2);
 * sweep("t32", new Uint8Array([0x00, 0xbf, 0xaf, 0xf3, 0x00, 0x80]), into); // 2
 * into.word[1]; // 0xf3af8000
 * ```
 */
export function sweep(isa: Isa, code: Uint8Array, into: Columns, it: ItState = noIt): number {
  return isa === "a32" ? sweepA32(code, into) : sweepT32(code, into, it);
}

function sweepA32(code: Uint8Array, into: Columns): number {
  const { offset, word, row, status } = into;
  const count = Math.min(code.length >>> 2, row.length);
  for (let i = 0; i < count; i++) {
    const at = i << 2;
    const w = code[at]! | (code[at + 1]! << 8) | (code[at + 2]! << 16) | (code[at + 3]! << 24);
    const r = rowOfA32(w);
    offset[i] = at;
    word[i] = w;
    row[i] = r;
    status[i] = r === 0 ? 3 : (rules[r] ?? ruleOf(r)).code(w, 0);
  }
  into.it.fill(0, 0, count);
  return count;
}

function sweepT32(code: Uint8Array, into: Columns, start: ItState): number {
  const { offset, word, row, status, it } = into;
  const end = code.length - 1;
  const limit = row.length;
  let state = start;
  let i = 0;
  for (let at = 0; at < end && i < limit; i++) {
    const hw1 = code[at]! | (code[at + 1]! << 8);
    let w = hw1;
    let r: number;
    let size = 2;
    if (hw1 < 0xe800) r = rowOfT16(hw1);
    else {
      if (at + 3 > end) break;
      w = (hw1 << 16) | code[at + 2]! | (code[at + 3]! << 8);
      r = rowOfT32(w);
      size = 4;
    }
    offset[i] = at;
    word[i] = w;
    row[i] = r;
    it[i] = state;
    status[i] = r === 0 ? 3 : (rules[r] ?? ruleOf(r)).code(w, state);
    state =
      (hw1 & 0xff00) === 0xbf00 && (hw1 & 15) !== 0 && size === 2 ? hw1 & 0xff : state === 0 ? 0 : advanceIt(state);
    at += size;
  }
  return i;
}

/** The row of column entry `i`. */
export function rowAt({ row }: Columns, i: number): Encoding | undefined {
  const r = row[i];
  return r === undefined || r === 0 ? undefined : encodings[r - 1];
}
