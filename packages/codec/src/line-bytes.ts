import { printSegment, type Segment } from "./line.js";
import type { Site } from "./operands/codec.js";
import type { Profile } from "./profile.js";
import { copyLongText, copyText, lengthOf, TextMemo } from "./text-memo.js";

/** The texts of segments: most are short. */
let short: TextMemo | undefined;
let long: TextMemo | undefined;

/** The words of a slot of theirs: a constant, so that the search is compiled for it. */
export const shortSlot = 8;

/** The texts of short segments, by what is shown of the word, and by the segment's id above a tag. */
export function shortTexts(): TextMemo {
  short ??= new TextMemo(16, shortSlot);
  return short;
}

const profiles: Readonly<Record<Profile, number>> = { ual: 0, gnu: 1, llvm: 2, preUal: 3 };

/** How many bits a tag has. */
export const tagBits = 7;

/** What a text of a profile depends on besides the word: the profile and ITSTATE's condition. */
export function tagOf(profile: Profile, it: number): number {
  return (profiles[profile] << 5) | ((it & 0xf) === 0 ? 0 : 16 | ((it >> 4) & 15));
}

/** Writes a string of ASCII characters; returns the offset behind it. */
export function putText(buffer: Uint8Array, offset: number, text: string): number {
  for (let i = 0; i < text.length; i++) buffer[offset + i] = text.charCodeAt(i);
  return offset + text.length;
}

/** The two digits of each byte, as a little-endian halfword; made when a number is first written. */
let digits: Uint16Array | undefined;

function madeDigits(): Uint16Array {
  const digit = (value: number): number => value + (value < 10 ? 0x30 : 0x57);
  digits = Uint16Array.from({ length: 256 }, (_, byte) => digit(byte >> 4) | (digit(byte & 15) << 8));
  return digits;
}

/** Writes a number as `0x` and digits; returns the offset behind it. It writes ten bytes, however few digits there are. */
export function putHex(view: DataView, offset: number, value: number): number {
  const pairs = digits ?? madeDigits();
  const count = value === 0 ? 1 : (35 - Math.clz32(value)) >> 2;
  // The first digit in the highest place: so there is no branch on how many there are.
  const left = value << (32 - 4 * count);
  view.setUint16(offset, 0x7830, true);
  view.setUint16(offset + 2, pairs[left >>> 24]!, true);
  view.setUint16(offset + 4, pairs[(left >>> 16) & 255]!, true);
  view.setUint16(offset + 6, pairs[(left >>> 8) & 255]!, true);
  view.setUint16(offset + 8, pairs[left & 255]!, true);
  return offset + 2 + count;
}

/** Writes the text of a segment that says an address. */
function putTarget(
  buffer: Uint8Array,
  view: DataView,
  offset: number,
  segment: Segment,
  site: Site,
  profile: Profile,
): number {
  const target = profile === "llvm" ? -1 : segment.target!(site);
  if (target < 0) return putText(buffer, offset, printSegment(segment, site, profile));
  return putText(buffer, putHex(view, offset, target), segment.parts[0]!.after);
}

/** Writes a segment that says no address; returns the offset behind it. It may write some bytes more than that. */
function putSegment(
  buffer: Uint8Array,
  view: DataView,
  offset: number,
  segment: Segment,
  site: Site,
  profile: Profile,
): number {
  const short = shortTexts();
  long ??= new TextMemo(11, 2 * shortSlot);
  const shown = site.word & segment.shows;
  const name = (segment.id << tagBits) | tagOf(profile, site.it);
  let slot = short.find(shown, name);
  if (slot >= 0) {
    copyText(short.parts, slot, view, offset);
    return offset + lengthOf(short.words, slot);
  }
  slot = long.find(shown, name);
  if (slot >= 0) {
    const length = lengthOf(long.words, slot);
    copyLongText(long.parts, slot, view, offset, length);
    return offset + length;
  }
  const end = putText(buffer, offset, printSegment(segment, site, profile));
  (end - offset > short.longest ? long : short).keep(view, offset, end, shown, name);
  return end;
}

/** Writes the segments of a line; returns the offset behind them. */
export function putLine(
  buffer: Uint8Array,
  view: DataView,
  offset: number,
  line: readonly Segment[],
  site: Site,
  profile: Profile,
): number {
  let at = offset;
  for (let i = 0; i < line.length; i++) {
    const segment = line[i]!;
    const put = segment.target === undefined ? putSegment : putTarget;
    at = put(buffer, view, at, segment, site, profile);
  }
  return at;
}
