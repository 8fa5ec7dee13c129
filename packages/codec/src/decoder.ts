import { asksIt, nodeWords, rare, rowBits, type State, statusShift } from "./decisions.js";
import { DecodeIndex } from "./decode-index.js";
import type { DecodeRow, Isa } from "./decode-row.js";
import { partsA32, partsT32 } from "./generated/decode-index.js";
import { advanceIt, type ItState } from "./it-state.js";
import { firstWide, keyA32, keyOfA32, keyOfNarrow, keyOfWide, keyT32 } from "./key.js";
import { stateByClauses } from "./status.js";

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

/** Finds the row and the status of words, by the rows of the table. */
export class Decoder {
  readonly #rows: readonly DecodeRow[];
  #a32: DecodeIndex | undefined;
  #t32: DecodeIndex | undefined;

  constructor(rows: readonly DecodeRow[]) {
    this.#rows = rows;
  }

  get #indexA32(): DecodeIndex {
    this.#a32 ??= new DecodeIndex(this.#rows, partsA32, keyA32);
    return this.#a32;
  }

  get #indexT32(): DecodeIndex {
    this.#t32 ??= new DecodeIndex(this.#rows, partsT32, keyT32);
    return this.#t32;
  }

  stateOfA32(word: number): State {
    return this.#indexA32.find(word);
  }

  /** Of a Thumb instruction: a halfword, or hw1 in the upper half. */
  stateOfT32(word: number): State {
    return this.#indexT32.find(word);
  }

  /** The status of a word as an index into `statuses`, from what is known of it. */
  status(state: State, word: number, it: ItState): number {
    const known =
      it !== 0 && (state & asksIt) !== 0 ? stateByClauses(this.#rows[(state & rowBits) - 1]!, word, it) : state;
    return (known >>> statusShift) & 3;
  }

  /** Decodes code from its first byte to its last into columns: see `sweep`. */
  sweep(isa: Isa, code: Uint8Array, into: Columns, it: ItState): number {
    return isa === "a32" ? this.#sweepA32(code, into) : this.#sweepT32(code, into, it);
  }

  #sweepA32(code: Uint8Array, into: Columns): number {
    const index = this.#indexA32;
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    const count = Math.min(code.length >>> 2, into.row.length);
    into.it.fill(0, 0, count);
    for (let i = 0; ; i++) {
      i = fillA32(index.nodes, view, into, i, count);
      if (i >= 0) return count;
      i = ~i;
      const known = index.find(into.word[i]!);
      into.row[i] = known & rowBits;
      into.status[i] = (known >>> statusShift) & 3;
    }
  }

  #sweepT32(code: Uint8Array, into: Columns, start: ItState): number {
    const { offset, word, row, status, it } = into;
    const index = this.#indexT32;
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    let place = 0;
    let state = start;
    for (let i = 0; ; i++) {
      const reached = fillT32(index.nodes, view, into, i, place, state);
      i = reached < 0 ? ~reached : reached;
      if (i === row.length) return i;
      place = offset[i]!;
      if (reached >= 0) {
        // Fewer than four bytes are left: one instruction of 16 bits, or a part of one.
        const last = place + 1 < code.length ? view.getUint16(place, true) : firstWide;
        if (last >= firstWide) return i;
        word[i] = last;
      }
      const w = word[i]!;
      const known = index.find(w);
      row[i] = known & rowBits;
      status[i] = this.status(known, w, it[i]!);
      state = stateAfter(w > 0xffff ? w >>> 16 : w, it[i]!);
      place += w > 0xffff ? 4 : 2;
    }
  }
}

/**
 * Fills columns from an entry up to `count`, and returns that; or the complement of an entry whose answer must be asked for. That
 * is another function's work, because a loop with calls in it has to look anew, at each use of an array, whether it is still the same.
 */
function fillA32(
  nodes: Int32Array,
  view: DataView,
  { offset, word, row, status }: Columns,
  from: number,
  count: number,
): number {
  for (let i = from; i < count; i++) {
    const w = view.getInt32(i << 2, true);
    offset[i] = i << 2;
    word[i] = w;
    let at = keyOfA32(w) * nodeWords;
    // The first node answers most words, so which way it leads is no branch.
    const differ = (w & nodes[at]!) ^ nodes[at | 1]!;
    let known = nodes[at | 2 | ((differ | (0 - differ)) >>> 31)]!;
    while (known < 0) {
      at = ~known;
      known = nodes[at | ((w & nodes[at]!) === nodes[at | 1]! ? 2 : 3)]!;
    }
    if (known >= rare) return ~i;
    row[i] = known & rowBits;
    status[i] = (known >>> statusShift) & 3;
  }
  return count;
}

/**
 * The same from a place in the code on. What it returns plainly is the entry for the place where fewer than four bytes are left, or
 * for which there is no room: to ask for each instruction whether it is whole would take longer.
 */
function fillT32(
  nodes: Int32Array,
  view: DataView,
  { offset, word, row, status, it }: Columns,
  from: number,
  start: number,
  before: ItState,
): number {
  const end = view.byteLength - 3;
  const limit = row.length;
  let place = start;
  let state = before;
  let i = from;
  for (; place < end && i < limit; i++) {
    const hw1 = view.getUint16(place, true);
    let w = hw1;
    let at = keyOfNarrow(hw1) * nodeWords;
    offset[i] = place;
    it[i] = state;
    place += 2;
    if (hw1 >= firstWide) {
      const hw2 = view.getUint16(place, true);
      w = (hw1 << 16) | hw2;
      at = keyOfWide(hw1, hw2) * nodeWords;
      place += 2;
    }
    word[i] = w;
    let known = nodes[at | ((w & nodes[at]!) === nodes[at | 1]! ? 2 : 3)]!;
    while (known < 0) {
      at = ~known;
      known = nodes[at | ((w & nodes[at]!) === nodes[at | 1]! ? 2 : 3)]!;
    }
    if (known >= rare || (state !== 0 && (known & asksIt) !== 0)) return ~i;
    row[i] = known & rowBits;
    status[i] = (known >>> statusShift) & 3;
    if (state !== 0 || (hw1 & 0xff00) === 0xbf00) state = stateAfter(hw1, state);
  }
  if (i < limit) {
    offset[i] = place;
    it[i] = state;
  }
  return i;
}

/** ITSTATE after an instruction that starts with this halfword. */
function stateAfter(hw1: number, state: ItState): ItState {
  return (hw1 & 0xff00) === 0xbf00 && (hw1 & 15) !== 0 ? hw1 & 0xff : advanceIt(state);
}

/** More than any code has; memory for more might not be had. */
const mostColumns = 2 ** 26;

/**
 * Columns for up to `length` instructions, but never more than 2^26: longer code is swept in parts.
 *
 * @param length - most instructions: half the bytes of Thumb code, a quarter of A32's; 0 for what is no number
 * @returns columns of zeros
 * @example
 * ```ts
 * columns(2).word.length; // 2
 * ```
 */
export function columns(length: number): Columns {
  const entries = Math.min(Math.max(0, length) || 0, mostColumns);
  return {
    offset: new Uint32Array(entries),
    word: new Uint32Array(entries),
    row: new Uint16Array(entries),
    status: new Uint8Array(entries),
    it: new Uint8Array(entries),
  };
}
