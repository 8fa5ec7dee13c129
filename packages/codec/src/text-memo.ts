import { printSegment, type Segment } from "./line.js";
import type { Site } from "./operands/codec.js";
import type { Profile } from "./profile.js";

/**
 * The texts of segments as bytes, each in the one slot that its hash names: what comes up again is only copied. A slot is
 * a cache line: the bits shown, the segment's name, the length of the text, the text.
 */
const slotBits = 15;
const slotSize = 64;
const textAt = 9;
let memo: Uint8Array = new Uint8Array(0);
let names: Int32Array = new Int32Array(0);

/** Makes room; to be called before anything is written. */
export function openTexts(): void {
  if (memo.length > 0) return;
  memo = new Uint8Array(slotSize << slotBits);
  names = new Int32Array(memo.buffer);
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

function putHex(buffer: Uint8Array, offset: number, value: number): number {
  let shift = value === 0 ? 0 : (31 - Math.clz32(value)) & ~3;
  buffer[offset] = 0x30;
  buffer[offset + 1] = 0x78;
  let at = offset + 2;
  for (; shift >= 0; shift -= 4) {
    const digit = (value >>> shift) & 15;
    buffer[at++] = digit + (digit < 10 ? 0x30 : 0x57);
  }
  return at;
}

/** Writes the text of a segment that says an address. */
function putTarget(buffer: Uint8Array, offset: number, segment: Segment, site: Site, profile: Profile): number {
  const target = profile === "llvm" ? -1 : segment.target!(site);
  if (target < 0) return putText(buffer, offset, printSegment(segment, site, profile));
  return putText(buffer, putHex(buffer, offset, target), segment.parts[0]!.after);
}

/** Writes the segments of a line; returns the offset behind them. */
export function putLine(
  buffer: Uint8Array,
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
      at = putTarget(buffer, at, segment, site, profile);
      continue;
    }
    const shown = word & segment.shows;
    const name = (segment.id << 7) | tag;
    const hash = Math.imul(Math.imul(shown, 0x9e3779b1) ^ name, 0x85ebca6b) >>> (32 - slotBits);
    const slot = hash * slotSize;
    if (names[slot >> 2] !== shown || names[(slot >> 2) + 1] !== name) {
      const text = printSegment(segment, site, profile);
      if (text.length > slotSize - textAt) {
        at = putText(buffer, at, text);
        continue;
      }
      putText(memo, slot + textAt, text);
      names[slot >> 2] = shown;
      names[(slot >> 2) + 1] = name;
      memo[slot + textAt - 1] = text.length;
    }
    const from = slot + textAt;
    const length = memo[from - 1]!;
    for (let k = 0; k < length; k++) buffer[at + k] = memo[from + k]!;
    at += length;
  }
  return at;
}
