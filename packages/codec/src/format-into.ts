import type { Columns } from "./decoder.js";
import type { Isa } from "./encoding.js";
import { hasTextUndefined, rawText } from "./format.js";
import type { Insn } from "./insn.js";
import { type Segment, segmentsOf } from "./line.js";
import { copyLine, keepLine, openLines } from "./line-memo.js";
import type { Profile } from "./profile.js";
import { encodings } from "./table/index.js";
import type { Template } from "./template.js";
import { openTexts, putLine, putText, tagOf } from "./text-memo.js";

const lines = new WeakMap<Template, readonly Segment[]>();

function lineOf(template: Template): readonly Segment[] {
  let line = lines.get(template);
  if (line === undefined) {
    line = segmentsOf(template);
    lines.set(template, line);
  }
  return line;
}

type Lines = (readonly Segment[] | undefined)[];
// Filled: V8 keeps an array that grows with holes as a hash table.
const noLines = (): Lines => new Array(encodings.length + 1).fill(undefined);

/** The lines of rows that have only one in a profile, by the row's position plus one. */
const only: Partial<Record<Profile, Lines>> = {};

function lineFor(row: number, site: Scratch, profile: Profile): readonly Segment[] {
  const encoding = encodings[row - 1]!;
  const line = lineOf(encoding.templateFor(profile, site.word, site.it));
  if (!encoding.spec.aliases?.some(([of]) => of === profile)) {
    only[profile] ??= noLines();
    only[profile][row] = line;
  }
  return line;
}

/** The instruction that is being written: one object for all, because only its numbers change. */
class Scratch {
  isa: Isa = "a32";
  word = 0;
  address = 0;
  it = 0;
}
const scratch = new Scratch();

/** Whether the text of a row says an address: 0 not known, 1 no, 2 yes. */
const saysAddress = new Uint8Array(encodings.length + 1);

let lastBuffer: Uint8Array = new Uint8Array(0);
let lastView: DataView = new DataView(lastBuffer.buffer);

/** A view of a buffer; the last one is remembered. */
function viewOf(buffer: Uint8Array): DataView {
  if (buffer !== lastBuffer) {
    openLines();
    openTexts();
    lastView = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    lastBuffer = buffer;
  }
  return lastView;
}

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
  if (row === 0 || (status === 1 && !hasTextUndefined(encodings[row - 1]!)))
    return putText(buffer, offset, rawText(site.isa, size, site.word >>> 0));
  if (saysAddress[row] !== 1) return putFresh(buffer, offset, row, profile);
  // Rows of the two instruction sets are different ones.
  const tag = (row << 7) | tagOf(profile, site.it);
  const copied = copyLine(view, offset, site.word | 0, tag);
  if (copied >= 0) return copied;
  const end = putFresh(buffer, offset, row, profile);
  keepLine(buffer, offset, end, site.word | 0, tag);
  return end;
}

function putFresh(buffer: Uint8Array, offset: number, row: number, profile: Profile): number {
  const site = scratch;
  const line = only[profile]?.[row] ?? lineFor(row, site, profile);
  if (saysAddress[row] === 0) {
    const { target } = encodings[row - 1]!.template("ual").parts.find((part) => part.target !== undefined) ?? {};
    saysAddress[row] = target === undefined ? 1 : 2;
  }
  return putLine(buffer, offset, line, site, profile);
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
  return put(buffer, viewOf(buffer), offset, row, insn.status === "undefined" ? 1 : 0, insn.size, profile);
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
  const size = isa === "a32" || w >= 0xe800 ? 4 : 2;
  return put(buffer, viewOf(buffer), offset, row[i]!, status[i]!, size, profile);
}

/** What `formatColumnsInto` wrote. */
export interface Written {
  /** How many entries. */
  readonly entries: number;
  /** Where the text ends in the buffer. */
  readonly end: number;
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
  { word, row, status, it, offset: place }: Columns,
  first: number,
  last: number,
  address = 0,
  profile: Profile = "ual",
): Written {
  const view = viewOf(buffer);
  const lastOffset = buffer.length - longest;
  let i = first;
  let at = 0;
  scratch.isa = isa;
  for (; i < last && at < lastOffset; i++) {
    const w = word[i]!;
    const r = row[i]!;
    const state = it[i]!;
    if (saysAddress[r] === 1 && status[i] !== 1) {
      const copied = copyLine(view, at, w | 0, (r << 7) | tagOf(profile, state));
      if (copied >= 0) {
        buffer[copied] = 10;
        at = copied + 1;
        continue;
      }
    }
    scratch.word = w;
    scratch.address = (address + place[i]!) >>> 0;
    scratch.it = state;
    at = put(buffer, view, at, r, status[i]!, isa === "a32" || w >= 0xe800 ? 4 : 2, profile);
    buffer[at++] = 10;
  }
  return { entries: i - first, end: at };
}
