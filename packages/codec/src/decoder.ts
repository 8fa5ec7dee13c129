import { DecodeIndex, expand } from "./decode-index.js";
import type { DecodeRow, Isa } from "./decode-row.js";
import { partsA32, partsT32, rowsT16 } from "./generated/decode-index.js";
import { advanceIt, type ItState } from "./it-state.js";
import { keyBitsA32, keyBitsT32, keyOfA32, keyOfT32 } from "./key.js";
import { StatusRules } from "./status.js";

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

/** What is known of a word outside an IT block, in 16 bits: its row, its status, and whether an IT block may change that. */
const rowBits = 0xfff;
const statusShift = 12;
const asksIt = 0x4000;

/** Words that were decoded, each in the slot that its hash names, and what is known of them. */
class Memo {
  static readonly bits = 16;
  readonly words: Int32Array = new Int32Array(1 << Memo.bits);
  readonly states: Uint16Array = new Uint16Array(1 << Memo.bits);
}

/** Where a word stands in a memo. Code repeats itself: three words of four were there before. */
function slotOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> (32 - Memo.bits);
}

/** Finds the row and the status of words, by the rows of the table. */
export class Decoder {
  readonly #rows: readonly DecodeRow[];
  readonly #status: StatusRules;
  #a32: DecodeIndex | undefined;
  #t32: DecodeIndex | undefined;
  #t16: Uint16Array | undefined;
  #narrow: Uint16Array | undefined;
  #memoA32: Memo | undefined;
  #memoT32: Memo | undefined;

  constructor(rows: readonly DecodeRow[]) {
    this.#rows = rows;
    this.#status = new StatusRules(rows);
  }

  /** The row of an A32 word: its position in the table plus one; 0 when there is none. */
  rowOfA32(word: number): number {
    this.#a32 ??= new DecodeIndex(this.#rows, partsA32, keyBitsA32);
    return this.#a32.find(keyOfA32(word), word);
  }

  /** Of a 32-bit Thumb instruction, hw1 in the upper half. */
  rowOfT32(word: number): number {
    this.#t32 ??= new DecodeIndex(this.#rows, partsT32, keyBitsT32);
    return this.#t32.find(keyOfT32(word), word);
  }

  /** Of each halfword. */
  rowsOfT16(): Uint16Array {
    this.#t16 ??= expand(rowsT16, 0x10000);
    return this.#t16;
  }

  /** The status of a word as an index into `statuses`, from its row. */
  status(row: number, word: number, it: ItState): number {
    return this.#status.code(row, word, it);
  }

  /** What is known of each halfword. */
  #narrowStates(): Uint16Array {
    const states = this.rowsOfT16().slice(0, firstWide);
    for (let halfword = 0; halfword < states.length; halfword++)
      states[halfword] = this.#stateOf(states[halfword]!, halfword);
    return states;
  }

  #stateOf(row: number, word: number): number {
    const it = row !== 0 && this.#status.asksIt(row) ? asksIt : 0;
    return row | (this.#status.code(row, word, 0) << statusShift) | it;
  }

  /** Decodes code from its first byte to its last into columns: see `sweep`. */
  sweep(isa: Isa, code: Uint8Array, into: Columns, it: ItState): number {
    return isa === "a32" ? this.#sweepA32(code, into) : this.#sweepT32(code, into, it);
  }

  #sweepA32(code: Uint8Array, into: Columns): number {
    const { offset, word, row, status } = into;
    if (this.#memoA32 === undefined) {
      this.#memoA32 = new Memo();
      this.#memoA32.states[slotOf(0)] = this.#stateOf(this.rowOfA32(0), 0);
    }
    const { words, states } = this.#memoA32;
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    const count = Math.min(code.length >>> 2, row.length);
    for (let i = 0; i < count; i++) {
      const at = i << 2;
      const w = view.getInt32(at, true);
      const slot = slotOf(w);
      if (words[slot] !== w) {
        words[slot] = w;
        states[slot] = this.#stateOf(this.rowOfA32(w), w);
      }
      const known = states[slot]!;
      offset[i] = at;
      word[i] = w;
      row[i] = known & rowBits;
      status[i] = known >>> statusShift;
    }
    into.it.fill(0, 0, count);
    return count;
  }

  #sweepT32(code: Uint8Array, into: Columns, start: ItState): number {
    const { offset, word, row, status, it } = into;
    this.#narrow ??= this.#narrowStates();
    const narrow = this.#narrow;
    this.#memoT32 ??= new Memo();
    const { words, states } = this.#memoT32;
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    const end = code.length - 1;
    const limit = row.length;
    let state = start;
    let i = 0;
    for (let at = 0; at < end && i < limit; i++) {
      const hw1 = view.getUint16(at, true);
      let known: number;
      let w = hw1;
      offset[i] = at;
      it[i] = state;
      if (hw1 < firstWide) {
        known = narrow[hw1]!;
        at += 2;
      } else {
        if (at + 3 > end) break;
        w = (hw1 << 16) | view.getUint16(at + 2, true);
        const slot = slotOf(w);
        if (words[slot] !== w) {
          words[slot] = w;
          states[slot] = this.#stateOf(this.rowOfT32(w), w);
        }
        known = states[slot]!;
        at += 4;
      }
      word[i] = w;
      row[i] = known & rowBits;
      if (state === 0) status[i] = (known >>> statusShift) & 3;
      else {
        status[i] = known >= asksIt ? this.#status.code(known & rowBits, w, state) : (known >>> statusShift) & 3;
      }
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
