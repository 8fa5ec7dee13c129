/**
 * Lines that were written, as bytes, each in the one slot that its hash names: what comes up again is only copied, four bytes
 * at a time. A slot is half a cache line: the word, what else the text depends on and the length, the text.
 */
const slotBits = 17;
const slotWords = 8;
const textAt = 2;
const lengthBits = 5;

/** The longest text that is kept. */
const longestKept = 4 * (slotWords - textAt);

let words: Int32Array = new Int32Array(0);
let bytes: Uint8Array = new Uint8Array(0);

/** Makes room; to be called before anything is copied or kept. */
export function openLines(): void {
  if (words.length > 0) return;
  words = new Int32Array(slotWords << slotBits);
  bytes = new Uint8Array(words.buffer);
}

function slotOf(word: number, tag: number): number {
  return (Math.imul(Math.imul(word, 0x9e3779b1) ^ tag, 0x85ebca6b) >>> (32 - slotBits)) * slotWords;
}

/** Copies the text of a word; returns the offset behind it, -1 when it is not kept. It writes 16 bytes or more. */
export function copyLine(view: DataView, offset: number, word: number, tag: number): number {
  const slot = slotOf(word, tag);
  const kept = words[slot + 1]!;
  if (words[slot] !== word || kept >>> lengthBits !== tag) return -1;
  const length = kept & ((1 << lengthBits) - 1);
  // Most texts have up to 16 bytes: few lengths are few branches to guess.
  view.setInt32(offset, words[slot + 2]!, true);
  view.setInt32(offset + 4, words[slot + 3]!, true);
  view.setInt32(offset + 8, words[slot + 4]!, true);
  view.setInt32(offset + 12, words[slot + 5]!, true);
  if (length > 16) {
    view.setInt32(offset + 16, words[slot + 6]!, true);
    view.setInt32(offset + 20, words[slot + 7]!, true);
  }
  return offset + length;
}

/** Keeps the text that stands from `offset` to `end`. The tag is not 0. */
export function keepLine(buffer: Uint8Array, offset: number, end: number, word: number, tag: number): void {
  const length = end - offset;
  if (length > longestKept) return;
  const slot = slotOf(word, tag);
  words[slot] = word;
  words[slot + 1] = (tag << lengthBits) | length;
  const from = 4 * (slot + textAt) - offset;
  for (let at = offset; at < end; at++) bytes[from + at] = buffer[at]!;
}
