import {
  columns,
  decode,
  formatEntryInto,
  type Isa,
  type ItState,
  nextIt,
  noIt,
  type Profile,
  statuses,
  sweep,
} from "@cmodx/codec";

/** What is decoded at once, and the room for its lines: no line is longer than the codec asks for. */
const most = 1 << 12;
const longest = 4096;

interface Listing {
  readonly isa: Isa;
  readonly base: number;
  readonly syntax: Profile;
}

const tab = 9;
const newLine = 10;
const space = 32;

/**
 * The lines of a listing, some thousand at a time, without an object an instruction: address, bytes, mnemonic, operands, and a
 * note where the status is not `ok`. Returns how many bytes at the end are only part of an instruction.
 */
export function* listing(code: Uint8Array, { isa, base, syntax }: Listing): Generator<string, number> {
  const into = columns(most);
  const buffer = new Uint8Array(1 << 16);
  const ascii = (end: number): string => Buffer.from(buffer.buffer, 0, end).toString("latin1");
  let it: ItState = noIt;
  let from = 0;
  for (;;) {
    const count = sweep(isa, code.subarray(from), into, it);
    if (count === 0) return code.length - from;
    let at = 0;
    for (let i = 0; i < count; i++) {
      if (at + longest > buffer.length) {
        yield ascii(at);
        at = 0;
      }
      const place = into.offset[i]!;
      const next = i + 1 < count ? into.offset[i + 1]! : place + sizeAt(isa, code, from + place);
      at = put(buffer, at, `${(base + from + place).toString(16)}:\t`);
      for (let byte = place; byte < next; byte++) at = putHex(buffer, at, code[from + byte]!, 2);
      buffer[at++] = tab;
      at = putText(buffer, at, formatEntryInto(buffer, at, isa, into, i, base + from, syntax));
      const status = into.status[i]!;
      if (status !== 0) at = put(buffer, at, `\t; ${statuses[status]}`);
      buffer[at++] = newLine;
    }
    yield ascii(at);
    const last = into.offset[count - 1]!;
    const insn = decode(isa, code, from + last, 0, { it: into.it[count - 1]! })!;
    it = nextIt(into.it[count - 1]!, insn);
    from += last + insn.size;
  }
}

function sizeAt(isa: Isa, code: Uint8Array, at: number): number {
  return isa === "a32" || code[at + 1]! >= 0xe8 ? 4 : 2;
}

/** Puts a tab behind the mnemonic of the text that stands from `start` to `end`, which has one there, a space, or nothing. */
function putText(buffer: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++)
    if (buffer[at] === space || buffer[at] === tab) {
      buffer[at] = tab;
      return end;
    }
  buffer[end] = tab;
  return end + 1;
}

function put(buffer: Uint8Array, start: number, text: string): number {
  for (let i = 0; i < text.length; i++) buffer[start + i] = text.charCodeAt(i);
  return start + text.length;
}

function putHex(buffer: Uint8Array, start: number, value: number, digits: number): number {
  return put(buffer, start, value.toString(16).padStart(digits, "0"));
}
