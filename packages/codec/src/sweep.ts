import { indexA32, indexT32, narrowRows } from "./decode-index.js";
import type { Encoding, Isa } from "./encoding.js";
import { advanceIt, type ItState, noIt } from "./it-state.js";
import { keyOfA32, keyOfT32 } from "./key.js";
import { statusRules } from "./status.js";
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

/** What there is to know of each halfword outside an IT block: its row, its status, and whether an IT block may change that. */
let narrow: Uint16Array | undefined;
const rowBits = 0xfff;
const statusShift = 12;
const asksIt = 0x4000;

function narrowStates(): Uint16Array {
  const states = narrowRows().slice(0, 0xe800);
  for (let halfword = 0; halfword < states.length; halfword++) {
    const row = states[halfword]!;
    states[halfword] =
      row | (statusRules.code(row, halfword, 0) << statusShift) | (row !== 0 && statusRules.asksIt(row) ? asksIt : 0);
  }
  return states;
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
  const index = indexA32();
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const count = Math.min(code.length >>> 2, row.length);
  for (let i = 0; i < count; i++) {
    const at = i << 2;
    const w = view.getInt32(at, true);
    const r = index.find(keyOfA32(w), w);
    offset[i] = at;
    word[i] = w;
    row[i] = r;
    status[i] = statusRules.code(r, w, 0);
  }
  into.it.fill(0, 0, count);
  return count;
}

function sweepT32(code: Uint8Array, into: Columns, start: ItState): number {
  const { offset, word, row, status, it } = into;
  const index = indexT32();
  narrow ??= narrowStates();
  const states = narrow;
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const end = code.length - 1;
  const limit = row.length;
  let state = start;
  let i = 0;
  for (let at = 0; at < end && i < limit; i++) {
    const hw1 = view.getUint16(at, true);
    offset[i] = at;
    it[i] = state;
    if (hw1 < 0xe800) {
      const known = states[hw1]!;
      word[i] = hw1;
      row[i] = known & rowBits;
      status[i] =
        state !== 0 && known >= asksIt ? statusRules.code(known & rowBits, hw1, state) : (known >>> statusShift) & 3;
      at += 2;
      if (state !== 0 || (hw1 & 0xff00) === 0xbf00) state = stateAfter(hw1, state);
    } else {
      if (at + 3 > end) break;
      const w = (hw1 << 16) | view.getUint16(at + 2, true);
      const r = index.find(keyOfT32(w), w);
      word[i] = w;
      row[i] = r;
      status[i] = statusRules.code(r, w, state);
      at += 4;
      if (state !== 0) state = advanceIt(state);
    }
  }
  return i;
}

/** ITSTATE after a 16-bit instruction. */
function stateAfter(halfword: number, state: ItState): ItState {
  return (halfword & 0xff00) === 0xbf00 && (halfword & 15) !== 0 ? halfword & 0xff : advanceIt(state);
}

/** The row of column entry `i`. */
export function rowAt({ row }: Columns, i: number): Encoding | undefined {
  const r = row[i];
  return r === undefined || r === 0 ? undefined : encodings[r - 1];
}
