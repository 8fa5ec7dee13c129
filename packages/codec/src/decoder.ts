import { asksIt, rare, rowBits, type State, statusShift } from "./decisions.js";
import { DecodeIndex } from "./decode-index.js";
import type { DecodeRow, Isa } from "./decode-row.js";
import { partsA32, partsT32, rowsT16 } from "./generated/decode-index.js";
import { advanceIt, type ItState } from "./it-state.js";
import { keyA32, keyOfA32, keyOfT32, keyT32 } from "./key.js";
import { expand } from "./numbers.js";
import { stateByClauses, unallocated } from "./status.js";

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

/** First halfwords from here up start a 32-bit Thumb instruction. */
export const firstWide = 0xe800;

/** Finds the row and the status of words, by the rows of the table. */
export class Decoder {
  readonly #rows: readonly DecodeRow[];
  #a32: DecodeIndex | undefined;
  #t32: DecodeIndex | undefined;
  #t16: Uint16Array | undefined;

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

  /** What is known of each halfword: its row with `rare` until it is first asked for. */
  get #statesT16(): Uint16Array {
    this.#t16 ??= expand(rowsT16, 0x10000, rare);
    return this.#t16;
  }

  stateOfA32(word: number): State {
    return this.#indexA32.find(word);
  }

  /** Of a 32-bit Thumb instruction, hw1 in the upper half. */
  stateOfT32(word: number): State {
    return this.#indexT32.find(word);
  }

  stateOfT16(halfword: number): State {
    const known = this.#statesT16[halfword]!;
    return known < rare ? known : this.#askT16(halfword);
  }

  #askT16(halfword: number): State {
    const states = this.#statesT16;
    const row = states[halfword]! & rowBits;
    const state = row === 0 ? unallocated : stateByClauses(this.#rows[row - 1]!, halfword, 0);
    states[halfword] = state;
    return state;
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
    const { offset, word, row, status } = into;
    const index = this.#indexA32;
    const { starts } = index;
    let { nodes } = index;
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    const count = Math.min(code.length >>> 2, row.length);
    for (let i = 0; i < count; i++) {
      const place = i << 2;
      const w = view.getInt32(place, true);
      let at = starts[keyOfA32(w)]!;
      let differ = (w & nodes[at]!) ^ nodes[at + 1]!;
      at = nodes[at + 2 + ((differ | (0 - differ)) >>> 31)]!;
      differ = (w & nodes[at]!) ^ nodes[at + 1]!;
      at = nodes[at + 2 + ((differ | (0 - differ)) >>> 31)]!;
      while (nodes[at] !== 0) at = (w & nodes[at]!) === nodes[at + 1]! ? nodes[at + 2]! : nodes[at + 3]!;
      let known = nodes[at + 3]!;
      if (known >= rare) {
        known = index.ask(known, w);
        nodes = index.nodes;
      }
      offset[i] = place;
      word[i] = w;
      row[i] = known & rowBits;
      status[i] = (known >>> statusShift) & 3;
    }
    into.it.fill(0, 0, count);
    return count;
  }

  #sweepT32(code: Uint8Array, into: Columns, start: ItState): number {
    const { offset, word, row, status, it } = into;
    const narrow = this.#statesT16;
    const index = this.#indexT32;
    const { starts } = index;
    let { nodes } = index;
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    const end = code.length - 1;
    const limit = row.length;
    let state = start;
    let i = 0;
    for (let place = 0; place < end && i < limit; i++) {
      const hw1 = view.getUint16(place, true);
      let known: number;
      let w = hw1;
      offset[i] = place;
      it[i] = state;
      if (hw1 < firstWide) {
        known = narrow[hw1]!;
        if (known >= rare) known = this.#askT16(hw1);
        place += 2;
      } else {
        if (place + 3 > end) break;
        w = (hw1 << 16) | view.getUint16(place + 2, true);
        let at = starts[keyOfT32(w)]!;
        let differ = (w & nodes[at]!) ^ nodes[at + 1]!;
        at = nodes[at + 2 + ((differ | (0 - differ)) >>> 31)]!;
        differ = (w & nodes[at]!) ^ nodes[at + 1]!;
        at = nodes[at + 2 + ((differ | (0 - differ)) >>> 31)]!;
        while (nodes[at] !== 0) at = (w & nodes[at]!) === nodes[at + 1]! ? nodes[at + 2]! : nodes[at + 3]!;
        known = nodes[at + 3]!;
        if (known >= rare) {
          known = index.ask(known, w);
          nodes = index.nodes;
        }
        place += 4;
      }
      word[i] = w;
      row[i] = known & rowBits;
      status[i] = state === 0 ? (known >>> statusShift) & 3 : this.status(known, w, state);
      if (state !== 0 || (hw1 & 0xff00) === 0xbf00) state = stateAfter(hw1, state);
    }
    return i;
  }
}

/** ITSTATE after an instruction that starts with this halfword. */
function stateAfter(hw1: number, state: ItState): ItState {
  return (hw1 & 0xff00) === 0xbf00 && (hw1 & 15) !== 0 ? hw1 & 0xff : advanceIt(state);
}

/**
 * Columns for up to `length` instructions.
 *
 * @param length - most instructions: half the bytes of Thumb code, a quarter of A32's
 * @returns columns of zeros
 * @example
 * ```ts
 * columns(2).word.length; // 2
 * ```
 */
export function columns(length: number): Columns {
  return {
    offset: new Uint32Array(length),
    word: new Uint32Array(length),
    row: new Uint16Array(length),
    status: new Uint8Array(length),
    it: new Uint8Array(length),
  };
}
