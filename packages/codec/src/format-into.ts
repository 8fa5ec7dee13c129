import type { Columns } from "./decoder.js";
import type { Isa } from "./encoding.js";
import { hasTextUndefined, rawText } from "./format.js";
import type { Insn } from "./insn.js";
import { type Segment, segmentsOf } from "./line.js";
import type { Profile } from "./profile.js";
import { encodings } from "./table/index.js";
import type { Template } from "./template.js";
import { putLine, putText } from "./text-memo.js";

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
const only: Record<Profile, Lines> = { ual: noLines(), gnu: noLines(), llvm: noLines(), preUal: noLines() };

function lineFor(row: number, site: Scratch, profile: Profile): readonly Segment[] {
  const encoding = encodings[row - 1]!;
  const line = lineOf(encoding.templateFor(profile, site.word, site.it));
  if (!encoding.spec.aliases?.some(([of]) => of === profile)) only[profile][row] = line;
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

function put(buffer: Uint8Array, offset: number, row: number, status: number, size: number, profile: Profile): number {
  const site = scratch;
  if (row === 0 || (status === 1 && !hasTextUndefined(encodings[row - 1]!)))
    return putText(buffer, offset, rawText(site.isa, size, site.word >>> 0));
  return putLine(buffer, offset, only[profile][row] ?? lineFor(row, site, profile), site, profile);
}

/** The longest text there is, in bytes: a list of the 255 registers that an UNPREDICTABLE VLDM can name. */
const longest = 2048;

/**
 * Writes the text of an instruction, what `format` gives, as ASCII bytes. Returns the offset behind it, or -1 when fewer
 * than 2048 bytes are left in the buffer, so that a caller need not know how long a text is.
 *
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
  return put(buffer, offset, row, insn.status === "undefined" ? 1 : 0, insn.size, profile);
}

/**
 * Writes the text of entry `i` of columns that `sweep` filled; `address` is that of the first byte of the code. Returns as
 * `formatInto`.
 *
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
  return put(buffer, offset, row[i]!, status[i]!, isa === "a32" || w >= 0xe800 ? 4 : 2, profile);
}
