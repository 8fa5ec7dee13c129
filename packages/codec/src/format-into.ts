import { putHex, putText } from "./ascii.js";
import type { Columns } from "./decoder.js";
import type { Isa } from "./encoding.js";
import { hasTextUndefined, rawText } from "./format.js";
import type { Insn } from "./insn.js";
import {
  asked,
  flipAt,
  fromAlignedPc,
  itOffset,
  type LinePrograms,
  linePrograms,
  nextAt,
  shiftsAt,
  steps,
} from "./line-programs.js";
import { adjustedPc } from "./operands/branch.js";
import { displacementBy } from "./operands/displacement.js";
import { type Profile, profileOf } from "./profile.js";
import { encodings } from "./table/index.js";
import { lengthBits, startOf } from "./text-cells.js";

/** The instruction that is being written: one object for all, because only its numbers change. */
class Scratch {
  isa: Isa = "a32";
  word = 0;
  address = 0;
  it = 0;
}
const scratch = new Scratch();

let lastBuffer: Uint8Array = new Uint8Array(0);
let lastView: DataView = new DataView(lastBuffer.buffer);

/** A view of a buffer; the last one is remembered. */
function viewOf(buffer: Uint8Array): DataView {
  if (buffer !== lastBuffer) {
    lastView = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    lastBuffer = buffer;
  }
  return lastView;
}

/** Bytes of an instruction of a column. */
function sizeOf(isa: Isa, word: number): number {
  return isa === "a32" || word >= 0xe800 ? 4 : 2;
}

/** Writes the line of the scratch instruction; returns the offset behind it. */
function put(
  buffer: Uint8Array,
  view: DataView,
  offset: number,
  row: number,
  status: number,
  size: number,
  profile: Profile,
): number {
  const site = scratch;
  const encoding = encodings[row - 1];
  if (encoding === undefined || (status === 1 && !hasTextUndefined(encoding)))
    return putText(buffer, offset, rawText(site.isa, size, site.word >>> 0));
  const programs = linePrograms();
  const program = programs.of(profile)[itOffset(site.it) + row]! || programs.make(row, site, profile);
  if (program !== 0) return follow(programs, program, view, offset, profile);
  return putText(buffer, offset, encoding.templateFor(profile, site.word, site.it).print(site, profile));
}

/** Writes the line of a program for the scratch instruction; returns the offset behind it. */
function follow(programs: LinePrograms, start: number, view: DataView, offset: number, profile: Profile): number {
  const { code, texts } = programs;
  let at = offset;
  for (let program = start; ; ) {
    for (let step = 0; step < steps; step++) {
      const entry = programs.entry(program, step, scratch, profile);
      const length = entry & lengthBits;
      const from = startOf(entry);
      for (let k = 0; k < length; k += 8) view.setFloat64(at + k, texts.pool.getFloat64(from + k, true), true);
      at += length;
    }
    const next = code[program + nextAt]!;
    if (next === 0) return at;
    if (next <= asked) return putHex(view, at, programs.target(program, scratch));
    program = next;
  }
}

/** The longest text there is, in bytes: a list of the 255 registers that an UNPREDICTABLE VLDM can name. */
const longest = 2048;

/**
 * Writes the text of an instruction, what `format` gives, as ASCII bytes. Returns the offset behind it, or -1 when fewer
 * than 2048 bytes are left in the buffer, so that a caller need not know how long a text is.
 *
 * @param buffer - where to write
 * @param offset - where in it
 * @param insn - a decoded or assembled instruction
 * @param profile - whose syntax to print
 * @returns the offset behind the text, or -1
 * @example
 * ```ts
 * const buffer = new Uint8Array(4096);
 * const end = formatInto(buffer, 0, decodeA32(0xe3a00001));
 * new TextDecoder().decode(buffer.subarray(0, end)); // "mov r0, #1"
 * ```
 */
export function formatInto(buffer: Uint8Array, offset: number, insn: Insn, profile: Profile = "ual"): number {
  if (!(offset >= 0 && offset + longest <= buffer.length)) return -1;
  scratch.isa = insn.isa;
  scratch.word = insn.word;
  scratch.address = insn.address;
  scratch.it = insn.it;
  const { encoding } = insn;
  const row = encoding === undefined ? 0 : encoding.index + 1;
  const status = row === 0 ? 3 : insn.status === "undefined" ? 1 : 0;
  return put(buffer, viewOf(buffer), offset, row, status, insn.size, profileOf(profile));
}

/**
 * Writes the text of entry `i` of columns that `sweep` filled; `address` is that of the first byte of the code. Returns as
 * `formatInto`.
 *
 * @param buffer - where to write
 * @param columns - columns that `sweep` filled
 * @param i - the entry
 * @param address - the address of the first byte of the code
 * @param profile - whose syntax to print
 * @param offset - where in it
 * @param isa - the instruction set of the columns
 * @returns the offset behind the text, or -1
 * @example
 * ```ts
 * const into = columns(1);
 * sweep("a32", new Uint8Array([0x01, 0x00, 0xa0, 0xe3]), into);
 * formatEntryInto(new Uint8Array(4096), 0, "a32", into, 0); // 10, for "mov r0, #1"
 * ```
 */
export function formatEntryInto(
  buffer: Uint8Array,
  offset: number,
  isa: Isa,
  { word, row, status, it, offset: place }: Columns,
  i: number,
  address = 0,
  profile: Profile = "ual",
): number {
  if (!(offset >= 0 && offset + longest <= buffer.length)) return -1;
  const w = word[i]!;
  scratch.isa = isa;
  scratch.word = w;
  scratch.address = (address + place[i]!) >>> 0;
  scratch.it = it[i]!;
  return put(buffer, viewOf(buffer), offset, row[i]!, status[i]!, sizeOf(isa, w), profileOf(profile));
}

/** What `formatColumnsInto` wrote. */
export interface Written {
  /** How many entries. */
  readonly entries: number;
  /** Where the text ends in the buffer. */
  readonly end: number;
}

/** What each ITSTATE adds to the number of a row: see `itOffset`. */
let offsets: Int32Array | undefined;

/** Where the text of the lines so far ends. */
let reached = 0;

/**
 * Writes the lines of entries from `first` on from the buffer's start; returns the entry that it did not write. What a program's
 * steps find is copied 16 bytes at a time, as two numbers of 8 bytes: those of ASCII characters are no NaN, so that each bit
 * arrives. A step's three numbers are as line-programs.ts says. There is no call in the loop where all texts are kept.
 */
function putLines(
  programs: LinePrograms,
  buffer: Uint8Array,
  view: DataView,
  { word, row, status, it, offset }: Columns,
  first: number,
  last: number,
  address: number,
  profile: Profile,
): number {
  offsets ??= Int32Array.from({ length: 256 }, (_, state) => itOffset(state));
  const above = offsets;
  const { code, texts } = programs;
  const { cells, pool } = texts;
  const starts = programs.of(profile);
  const lastOffset = buffer.length - longest;
  const { isa } = scratch;
  const ahead = adjustedPc(isa, 0);
  let at = 0;
  let i = first;
  for (; i < last && at < lastOffset; i++) {
    const w = word[i]!;
    // Code 1 is `undefined`, which has no text of its own, so no program; nor has row 0.
    const has = -(status[i]! ^ 1) >> 31;
    let program = starts[above[it[i]!]! + (row[i]! & has)]! | 0;
    let end = at;
    for (;;) {
      const bits0 = w & code[program]!;
      const bits1 = w & code[program + 3]!;
      const bits2 = w & code[program + 6]!;
      const step0 = code[program + 2]!;
      const step1 = code[program + 5]!;
      const step2 = code[program + 8]!;
      const place0 = ((step0 >>> 5) + (Math.imul(bits0, code[program + 1]!) >>> step0)) << 1;
      const place1 = ((step1 >>> 5) + (Math.imul(bits1, code[program + 4]!) >>> step1)) << 1;
      const place2 = ((step2 >>> 5) + (Math.imul(bits2, code[program + 7]!) >>> step2)) << 1;
      const entry0 = cells[place0 + 1]!;
      const entry1 = cells[place1 + 1]!;
      const entry2 = cells[place2 + 1]!;
      const differ = (cells[place0]! ^ bits0) | (cells[place1]! ^ bits1) | (cells[place2]! ^ bits2);
      const next = code[program + nextAt]!;
      // No text of one is kept, or it is not short, or the address is asked for.
      if (differ !== 0 || (entry0 & entry1 & entry2) >= 0 || next === asked) {
        scratch.word = w;
        scratch.address = (address + offset[i]!) >>> 0;
        scratch.it = it[i]!;
        end = put(buffer, view, at, row[i]!, status[i]!, sizeOf(isa, scratch.word), profile);
        break;
      }
      const from0 = startOf(entry0);
      view.setFloat64(end, pool.getFloat64(from0, true), true);
      view.setFloat64(end + 8, pool.getFloat64(from0 + 8, true), true);
      end += entry0 & lengthBits;
      const from1 = startOf(entry1);
      view.setFloat64(end, pool.getFloat64(from1, true), true);
      view.setFloat64(end + 8, pool.getFloat64(from1 + 8, true), true);
      end += entry1 & lengthBits;
      const from2 = startOf(entry2);
      view.setFloat64(end, pool.getFloat64(from2, true), true);
      view.setFloat64(end + 8, pool.getFloat64(from2 + 8, true), true);
      end += entry2 & lengthBits;
      if (next === 0) break;
      if (next <= fromAlignedPc) {
        const shifts = program + shiftsAt;
        const distance = displacementBy(
          w,
          code[program + flipAt]!,
          code[shifts]!,
          code[shifts + 1]!,
          code[shifts + 2]!,
          code[shifts + 3]!,
          code[shifts + 4]!,
        );
        // A PC that is not aligned to words loses two bits.
        const pc = (address + offset[i]! + ahead) & (next === fromAlignedPc ? -4 : -1);
        end = putHex(view, end, (pc + distance) | 0);
        break;
      }
      program = next;
    }
    view.setUint8(end, 10);
    at = end + 1;
  }
  reached = at;
  return i;
}

/**
 * Writes the text of entries of columns that `sweep` filled, a line each, from the first byte of a buffer on, until the
 * buffer has no room for the longest line. This is the way to print much code.
 *
 * @param buffer - more than 2048 bytes, or nothing is written
 * @param isa - the instruction set of the columns
 * @param columns - columns that `sweep` filled
 * @param first - the entry to begin with
 * @param last - the entry to end before
 * @param address - the address of the first byte of the code
 * @param profile - whose syntax to print
 * @returns how many entries were written, and where their text ends
 * @example
 * ```ts
 * const into = columns(2);
 * const count = sweep("t32", new Uint8Array([0x00, 0xbf, 0x70, 0x47]), into);
 * const buffer = new Uint8Array(4096);
 * const { end } = formatColumnsInto(buffer, "t32", into, 0, count);
 * new TextDecoder().decode(buffer.subarray(0, end)); // "nop\nbx lr\n"
 * ```
 */
export function formatColumnsInto(
  buffer: Uint8Array,
  isa: Isa,
  columns: Columns,
  first: number,
  last: number,
  address = 0,
  profile: Profile = "ual",
): Written {
  const from = Math.max(0, Math.trunc(first) || 0);
  scratch.isa = isa;
  reached = 0;
  const to = Math.min(last, columns.word.length);
  const end = putLines(linePrograms(), buffer, viewOf(buffer), columns, from, to, address, profileOf(profile));
  return { entries: end - from, end: reached };
}
