import { rowBits, type State } from "./decisions.js";
import { type Isa, type Reason, reasonsOf } from "./decode-row.js";
import type { Columns } from "./decoder.js";
import { type ItState, noIt } from "./it-state.js";
import { firstWide } from "./key.js";
import { smallDecoder, smallRows } from "./small-table.js";
import { statuses } from "./status.js";

/** What a word is: the row of the table, and what the architecture says of it. */
export interface Found {
  readonly isa: Isa;
  /** Bytes. */
  readonly size: 2 | 4;
  /** Canonical opcode, unsigned. */
  readonly word: number;
  /** The manual's instruction and encoding: `ADC_imm_A1`; undefined when the word is unallocated. */
  readonly id: string | undefined;
  readonly status: (typeof statuses)[number];
  /** Why it is not `ok`; empty when it is. */
  readonly reasons: readonly Reason[];
  /** The raw value of a field of the encoding diagram; undefined when there is no such field. */
  field(name: string): number | undefined;
}

function found(isa: Isa, size: 2 | 4, word: number, state: State, it: ItState): Found {
  const encoding = smallRows[(state & rowBits) - 1];
  const status = smallDecoder.status(state, word, it);
  return {
    isa,
    size,
    word,
    id: encoding?.id,
    status: statuses[status]!,
    reasons: status === 0 ? [] : reasonsOf(encoding, word, it),
    field(name) {
      const place = encoding?.pattern.fields.get(name);
      return place === undefined ? undefined : (word >>> place.shift) & ((1 << place.width) - 1);
    },
  };
}

/**
 * Says which instruction an A32 word is, and its status.
 *
 * @param word - the opcode
 * @returns what it is; every word has an answer
 * @example
 * ```ts
 * import { identifyA32 } from "@cmodx/codec/decode";
 *
 * identifyA32(0xe320f000).id; // "NOP_A1"
 * ```
 */
export function identifyA32(word: number): Found {
  const unsigned = word >>> 0;
  return found("a32", 4, unsigned, smallDecoder.stateOfA32(unsigned), noIt);
}

/**
 * Says which instruction a Thumb encoding is, and its status.
 *
 * @param hw1 - the first halfword; below 0xe800 it is all
 * @param hw2 - the second halfword
 * @param it - ITSTATE, 0 outside an IT block
 * @returns what it is; every pair has an answer
 * @example
 * ```ts
 * import { identifyT32 } from "@cmodx/codec/decode";
 *
 * identifyT32(0xf3af, 0x8000).id; // "NOP_T2"
 * ```
 */
export function identifyT32(hw1: number, hw2: number, it: ItState = noIt): Found {
  const first = hw1 & 0xffff;
  if (first < firstWide) return found("t32", 2, first, smallDecoder.stateOfT32(first), it);
  const word = ((first << 16) | (hw2 & 0xffff)) >>> 0;
  return found("t32", 4, word, smallDecoder.stateOfT32(word), it);
}

/**
 * Decodes little-endian code into columns, as `sweep` of the whole package does.
 *
 * @param isa - the instruction set of the code
 * @param code - little-endian code
 * @param into - columns to fill, from `columns`
 * @param it - ITSTATE before the first instruction
 * @returns the number of instructions
 * @example
 * ```ts
 * import { columns, idAt, sweep } from "@cmodx/codec/decode";
 *
 * const into = columns(1);
 * sweep("t32", new Uint8Array([0x00, 0xbf]), into); // 1
 * idAt(into, 0); // "NOP_T1"
 * ```
 */
export function sweep(isa: Isa, code: Uint8Array, into: Columns, it: ItState = noIt): number {
  return smallDecoder.sweep(isa, code, into, it);
}

/**
 * The manual's instruction and encoding of a column entry.
 *
 * @param columns - columns that `sweep` filled
 * @param i - the entry
 * @returns its id; undefined when the word is unallocated
 * @example
 * ```ts
 * import { columns, idAt, sweep } from "@cmodx/codec/decode";
 *
 * const into = columns(1);
 * sweep("a32", new Uint8Array([0x00, 0xf0, 0x20, 0xe3]), into);
 * idAt(into, 0); // "NOP_A1"
 * ```
 */
export function idAt({ row }: Columns, i: number): string | undefined {
  return smallRows[(row[i] ?? 0) - 1]?.id;
}
