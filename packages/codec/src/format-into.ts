import type { Columns } from "./decoder.js";
import type { Isa } from "./encoding.js";
import { hasTextUndefined, rawText } from "./format.js";
import type { Insn } from "./insn.js";
import { type KnownLines, knownLines } from "./known-lines.js";
import { putHex, putLine, putText, shortSlot, shortTexts, tagOf } from "./line-bytes.js";
import type { Profile } from "./profile.js";
import { encodings } from "./table/index.js";
import { copyText, findText, lengthOf, type TextMemo } from "./text-memo.js";

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
  known: KnownLines,
): number {
  const site = scratch;
  if (row === 0 || (status === 1 && !hasTextUndefined(encodings[row - 1]!)))
    return putText(buffer, offset, rawText(site.isa, size, site.word >>> 0));
  return putLine(buffer, view, offset, known.line(row, site), site, profile);
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
  if (offset + longest > buffer.length) return -1;
  scratch.isa = insn.isa;
  scratch.word = insn.word;
  scratch.address = insn.address;
  scratch.it = insn.it;
  const { encoding } = insn;
  const row = encoding === undefined ? 0 : encoding.index + 1;
  const status = row === 0 ? 3 : insn.status === "undefined" ? 1 : 0;
  return put(buffer, viewOf(buffer), offset, row, status, insn.size, profile, knownLines(profile));
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
  if (offset + longest > buffer.length) return -1;
  const w = word[i]!;
  scratch.isa = isa;
  scratch.word = w;
  scratch.address = (address + place[i]!) >>> 0;
  scratch.it = it[i]!;
  return put(buffer, viewOf(buffer), offset, row[i]!, status[i]!, sizeOf(isa, w), profile, knownLines(profile));
}

/** What `formatColumnsInto` wrote. */
export interface Written {
  /** How many entries. */
  readonly entries: number;
  /** Where the text ends in the buffer. */
  readonly end: number;
}

/** Lines are looked for so many at a time. */
const batch = 64;

/** The slots of the two segments of each line of a batch, -1 where there is none. */
const firsts = new Int32Array(batch);
const seconds = new Int32Array(batch);

/** What ITSTATE adds to a tag. */
let itTags: Uint8Array | undefined;

/** Looks for the segments of lines from `first` on of the batch at `from`. */
function find(
  { words, shift, empty }: TextMemo,
  { shows, names }: KnownLines,
  { word, row, status, it }: Columns,
  from: number,
  first: number,
  count: number,
  profileTag: number,
): void {
  itTags ??= Uint8Array.from({ length: 256 }, (_, state) => tagOf("ual", state));
  const states = itTags;
  const [shows0, shows1] = shows;
  const [names0, names1] = names;
  for (let k = first; k < count; k++) {
    const i = from + k;
    const r = row[i]!;
    const w = word[i]!;
    const tag = profileTag | states[it[i]!]!;
    // Code 1 is `undefined`, which has no text of its own.
    const raw = ((status[i]! ^ 1) - 1) >> 31;
    firsts[k] = findText(words, shortSlot, shift, w & shows0[r]!, names0[r]! | tag) | raw;
    const name = names1[r]!;
    seconds[k] = name === 0 ? empty : findText(words, shortSlot, shift, w & shows1[r]!, name | tag);
  }
}

/** Where the text ends in the buffer so far. */
let reached = 0;

/**
 * Writes the lines from `first` on whose segments are kept, or whose first is and the second a simple address, to `reached`;
 * returns the first line that is not so.
 */
function putKept(
  { words, parts }: TextMemo,
  { displacements }: KnownLines,
  buffer: Uint8Array,
  view: DataView,
  { word, row, offset: place }: Columns,
  from: number,
  first: number,
  count: number,
  address: number,
): number {
  const lastOffset = buffer.length - longest;
  let at = reached;
  let k = first;
  for (; k < count && at < lastOffset; k++) {
    const first = firsts[k]!;
    const second = seconds[k]!;
    if (first < 0) break;
    copyText(parts, first, view, at);
    if (second >= 0) {
      at += lengthOf(words, first);
      copyText(parts, second, view, at);
      at += lengthOf(words, second);
    } else {
      const d = 4 * row[from + k]!;
      const scale = displacements[d + 2]!;
      if (scale === 0) break;
      const distance = Math.imul((word[from + k]! << displacements[d]!) >> displacements[d + 1]!, scale);
      const target = (address + place[from + k]! + displacements[d + 3]! + distance) | 0;
      at = putHex(view, at + lengthOf(words, first), target);
    }
    buffer[at++] = 10;
  }
  reached = at;
  return k;
}

/** Writes the lines of a batch from `reached` on, as many as the buffer has room for; returns how many. */
function putBatch(
  memo: TextMemo,
  known: KnownLines,
  buffer: Uint8Array,
  view: DataView,
  columns: Columns,
  from: number,
  count: number,
  address: number,
  profile: Profile,
): number {
  const { word, row, status, offset: place } = columns;
  const lastOffset = buffer.length - longest;
  for (let k = 0; ; k++) {
    k = putKept(memo, known, buffer, view, columns, from, k, count, address);
    if (k === count || reached >= lastOffset) return k;
    const i = from + k;
    const r = row[i]!;
    scratch.word = word[i]!;
    scratch.address = (address + place[i]!) >>> 0;
    const slot = firsts[k]!;
    const target = slot < 0 ? -1 : (known.ends[r]?.target?.(scratch) ?? -1);
    let at = reached;
    if (target >= 0) {
      copyText(memo.parts, slot, view, at);
      at = putHex(view, at + lengthOf(memo.words, slot), target);
    } else {
      const { kept } = memo;
      scratch.it = columns.it[i]!;
      at = put(buffer, view, at, r, status[i]!, sizeOf(scratch.isa, scratch.word), profile, known);
      // What is kept may have taken a slot that was found.
      if (memo.kept !== kept) find(memo, known, columns, from, k + 1, count, tagOf(profile, 0));
    }
    buffer[at] = 10;
    reached = at + 1;
  }
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
  const memo = shortTexts();
  const view = viewOf(buffer);
  const known = knownLines(profile);
  const lastOffset = buffer.length - longest;
  let i = first;
  scratch.isa = isa;
  reached = 0;
  while (i < last && reached < lastOffset) {
    const count = Math.min(batch, last - i);
    find(memo, known, columns, i, 0, count, tagOf(profile, 0));
    i += putBatch(memo, known, buffer, view, columns, i, count, address, profile);
  }
  return { entries: i - first, end: reached };
}
