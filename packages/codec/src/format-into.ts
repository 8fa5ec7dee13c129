import type { Columns } from "./decoder.js";
import type { Isa } from "./encoding.js";
import { hasTextUndefined, rawText } from "./format.js";
import type { Insn } from "./insn.js";
import { type Segment, segmentsOf } from "./line.js";
import { copyLine, keepLine, openLines } from "./line-memo.js";
import type { Profile } from "./profile.js";
import { encodings } from "./table/index.js";
import type { Template } from "./template.js";
import { openTexts, putHex, putLine, putText, tagOf } from "./text-memo.js";

const lines = new WeakMap<Template, readonly Segment[]>();

function lineOf(template: Template): readonly Segment[] {
  let line = lines.get(template);
  if (line === undefined) {
    line = segmentsOf(template);
    lines.set(template, line);
  }
  return line;
}

/** What kind of line a row has in a profile. */
const unknown = 0;
/** No address in it: the word and ITSTATE decide the text. */
const plain = 1;
/** Several lines, or an address among other things. */
const mixed = 2;
/** An address behind what a few bits decide, and nothing behind it. */
const ending = 3;

/** What is known of the rows' lines in a profile, by the row's position plus one. */
class Shapes {
  readonly kinds: Uint8Array = new Uint8Array(encodings.length + 1);
  /** The lines of rows that have only one. Filled: V8 keeps an array that grows with holes as a hash table. */
  readonly lines: (readonly Segment[] | undefined)[] = new Array(encodings.length + 1).fill(undefined);
  /** Of lines that end in an address: the bits that what stands before it shows, and the address. */
  readonly shows: Int32Array = new Int32Array(encodings.length + 1);
  readonly targets: (Segment["target"] | undefined)[] = new Array(encodings.length + 1).fill(undefined);
}

const shapes: Partial<Record<Profile, Shapes>> = {};

function shapesOf(profile: Profile): Shapes {
  shapes[profile] ??= new Shapes();
  return shapes[profile];
}

function lineFor(row: number, site: Scratch, profile: Profile, known: Shapes): readonly Segment[] {
  const encoding = encodings[row - 1]!;
  const line = lineOf(encoding.templateFor(profile, site.word, site.it));
  const several = encoding.spec.aliases?.some(([of]) => of === profile) === true;
  if (known.kinds[row] === unknown) {
    const says = encoding.template("ual").parts.some(({ target }) => target !== undefined);
    const last = line.at(-1);
    const ends = last?.target !== undefined && last.parts.at(-1)?.after === "" && profile !== "llvm" && !several;
    known.kinds[row] = !says ? plain : ends ? ending : mixed;
    known.targets[row] = last?.target;
    for (const { shows, target } of line) if (target === undefined) known.shows[row]! |= shows;
  }
  if (!several) known.lines[row] = line;
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
  const known = shapesOf(profile);
  const line = known.lines[row] ?? lineFor(row, site, profile, known);
  const kind = known.kinds[row]!;
  if (kind === mixed) return putLine(buffer, view, offset, line, site, profile);
  // Rows of the two instruction sets are different ones.
  const tag = (row << 7) | tagOf(profile, site.it);
  const bits = kind === plain ? site.word | 0 : site.word & known.shows[row]!;
  let at = copyLine(view, offset, bits, tag);
  if (at < 0) {
    const before = kind === plain ? line : line.slice(0, -1);
    at = putLine(buffer, view, offset, before, site, profile);
    keepLine(buffer, offset, at, bits, tag);
  }
  return kind === plain ? at : putLine(buffer, view, at, line.slice(-1), site, profile);
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
  const { kinds, shows, targets } = shapesOf(profile);
  for (; i < last && at < lastOffset; i++) {
    const w = word[i]!;
    const r = row[i]!;
    const state = it[i]!;
    scratch.word = w;
    scratch.address = (address + place[i]!) >>> 0;
    scratch.it = state;
    const kind = kinds[r]!;
    if ((kind === plain || kind === ending) && status[i] !== 1) {
      const bits = kind === plain ? w | 0 : w & shows[r]!;
      let end = copyLine(view, at, bits, (r << 7) | tagOf(profile, state));
      if (end >= 0 && kind === ending) {
        const target = targets[r]!(scratch);
        end = target < 0 ? -1 : putHex(view, end, target);
      }
      if (end >= 0) {
        buffer[end] = 10;
        at = end + 1;
        continue;
      }
    }
    at = put(buffer, view, at, r, status[i]!, isa === "a32" || w >= 0xe800 ? 4 : 2, profile);
    buffer[at++] = 10;
  }
  return { entries: i - first, end: at };
}
