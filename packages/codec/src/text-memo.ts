import { printSegment, type Segment } from "./line.js";
import type { Site } from "./operands/codec.js";
import type { Profile } from "./profile.js";

/**
 * The texts of segments as bytes, each in the one slot that its hash names: what comes up again is only copied, four bytes at a
 * time. A slot is a cache line: the bits shown, the segment's name, the length of the text, the text.
 */
const slotBits = 15;
const slotWords = 16;
const textAt = 3;
const longestKept = 4 * (slotWords - textAt);
let words: Int32Array = new Int32Array(0);
let bytes: Uint8Array = new Uint8Array(0);

/** Makes room; to be called before anything is written. */
export function openTexts(): void {
  if (words.length > 0) return;
  words = new Int32Array(slotWords << slotBits);
  bytes = new Uint8Array(words.buffer);
}

const profiles: Readonly<Record<Profile, number>> = { ual: 0, gnu: 1, llvm: 2, preUal: 3 };

/** What a segment's text depends on besides the word: profile and ITSTATE's condition, to be added to `id << 7`. */
export function tagOf(profile: Profile, it: number): number {
  return (profiles[profile] << 5) | ((it & 0xf) === 0 ? 0 : 16 | ((it >> 4) & 15));
}

/** Writes a string of ASCII characters; returns the offset behind it. */
export function putText(buffer: Uint8Array, offset: number, text: string): number {
  for (let i = 0; i < text.length; i++) buffer[offset + i] = text.charCodeAt(i);
  return offset + text.length;
}

/** The two digits of each byte, as a little-endian halfword. */
const digits: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) => {
  const digit = (value: number): number => value + (value < 10 ? 0x30 : 0x57);
  return digit(byte >> 4) | (digit(byte & 15) << 8);
});

/** Writes a number as `0x` and digits; returns the offset behind it. */
export function putHex(view: DataView, offset: number, value: number): number {
  view.setUint16(offset, 0x7830, true);
  let at = offset + 2;
  let shift = value === 0 ? 0 : (31 - Math.clz32(value)) & ~3;
  if ((shift & 4) === 0) {
    view.setUint8(at++, digits[(value >>> shift) & 15]! >> 8);
    shift -= 4;
  }
  for (shift -= 4; shift >= 0; shift -= 8) {
    view.setUint16(at, digits[(value >>> shift) & 255]!, true);
    at += 2;
  }
  return at;
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

/** Writes the segments of a line; returns the offset behind them. It may write some bytes more than that. */
export function putLine(
  buffer: Uint8Array,
  view: DataView,
  offset: number,
  line: readonly Segment[],
  site: Site,
  profile: Profile,
): number {
  const { word } = site;
  const tag = tagOf(profile, site.it);
  let at = offset;
  for (let i = 0; i < line.length; i++) {
    const segment = line[i]!;
    if (segment.target !== undefined) {
      at = putTarget(buffer, view, at, segment, site, profile);
      continue;
    }
    const shown = word & segment.shows;
    const name = (segment.id << 7) | tag;
    const slot = (Math.imul(Math.imul(shown, 0x9e3779b1) ^ name, 0x85ebca6b) >>> (32 - slotBits)) * slotWords;
    if (words[slot] !== shown || words[slot + 1] !== name) {
      const text = printSegment(segment, site, profile);
      if (text.length > longestKept) {
        at = putText(buffer, at, text);
        continue;
      }
      putText(bytes, 4 * (slot + textAt), text);
      words[slot] = shown;
      words[slot + 1] = name;
      words[slot + 2] = text.length;
    }
    const length = words[slot + 2]!;
    // Most texts have up to 8 bytes: few lengths are few branches to guess.
    view.setInt32(at, words[slot + textAt]!, true);
    view.setInt32(at + 4, words[slot + textAt + 1]!, true);
    for (let k = 8; k < length; k += 4) view.setInt32(at + k, words[slot + textAt + (k >> 2)]!, true);
    at += length;
  }
  return at;
}
