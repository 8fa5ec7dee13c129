/** Where the text starts in a slot. */
const textAt = 2;
const nameShift = 6;
const lengthBits = (1 << nameShift) - 1;
const nameBits = ~((1 << nameShift) - 1);

/**
 * Texts as bytes, by what decides them: bits of a word, and a name for all else. What comes up again is only copied. A text may
 * lie in either of two neighbouring slots, which its hash names. A slot is the bits; then the name and the length; then the
 * text.
 */
export class TextMemo {
  readonly words: Int32Array;
  /** The same as numbers of 8 bytes. */
  readonly parts: Float64Array;
  /** The slot of no text, which nothing takes. */
  readonly empty: number;
  /** The longest text that is kept, in bytes. */
  readonly longest: number;
  readonly slotWords: number;
  readonly shift: number;
  /** How many texts were kept so far. */
  kept = 0;

  /** Two slots of 8 or 16 words in each of a number of sets, which is a power of two. */
  constructor(setBits: number, slotWords: number) {
    this.empty = (2 * slotWords) << setBits;
    this.words = new Int32Array(this.empty + slotWords);
    this.parts = new Float64Array(this.words.buffer);
    this.longest = 4 * (slotWords - textAt);
    this.slotWords = slotWords;
    this.shift = 32 - setBits;
  }

  /** The slot of a text, -1 when it is not kept. No name is 0. */
  find(bits: number, name: number): number {
    return findText(this.words, this.slotWords, this.shift, bits, name);
  }

  /** Keeps the text that stands from `from` to `end`, unless it is too long. */
  keep(view: DataView, from: number, end: number, bits: number, name: number): void {
    const length = end - from;
    if (length > this.longest || this.find(bits, name) >= 0) return;
    const { words } = this;
    const slotWords = this.slotWords;
    let slot = setOf(bits, name, slotWords, this.shift);
    // Where both slots are taken, they take turns.
    if (words[slot + 1] !== 0) {
      slot += words[slot + slotWords + 1] === 0 || (this.kept & 1) === 0 ? slotWords : 0;
    }
    this.kept++;
    words[slot] = bits;
    words[slot + 1] = (name << nameShift) | length;
    let to = slot + textAt;
    let at = from;
    for (; at + 4 <= end; at += 4) words[to++] = view.getInt32(at, true);
    // What stands behind the text is not kept: a number of 8 bytes with it may be no number.
    words.fill(0, to, slot + slotWords);
    for (let shift = 0; at < end; at++, shift += 8) words[to]! |= view.getUint8(at) << shift;
  }
}

/** The first of the two slots in which a text may lie. */
function setOf(bits: number, name: number, slotWords: number, shift: number): number {
  return (Math.imul(Math.imul(bits, 0x9e3779b1) ^ name, 0x85ebca6b) >>> shift) * 2 * slotWords;
}

/** The slot of a text in the words of a memo, -1 when it is not there. Without a branch: nobody can guess which of the slots it is. */
export function findText(words: Int32Array, slotWords: number, shift: number, bits: number, name: number): number {
  const set = setOf(bits, name, slotWords, shift);
  const other = set + slotWords;
  const named = name << nameShift;
  const first = (words[set]! ^ bits) | ((words[set + 1]! ^ named) & nameBits);
  const second = (words[other]! ^ bits) | ((words[other + 1]! ^ named) & nameBits);
  const notFirst = (first | -first) >> 31;
  return (set + (notFirst & slotWords)) | (notFirst & ((second | -second) >> 31));
}

/** The length of the text of a slot, in bytes. */
export function lengthOf(words: Int32Array, slot: number): number {
  return words[slot + 1]! & lengthBits;
}

/**
 * Copies the text of a slot of 8 words. It writes 24 bytes, however few the text has. As numbers of 8 bytes: those of ASCII
 * characters are no NaN, so that each bit arrives.
 */
export function copyText(parts: Float64Array, slot: number, view: DataView, offset: number): void {
  const from = (slot + textAt) >> 1;
  view.setFloat64(offset, parts[from]!, true);
  view.setFloat64(offset + 8, parts[from + 1]!, true);
  view.setFloat64(offset + 16, parts[from + 2]!, true);
}

/** The same of 16 words, as many as the text needs. */
export function copyLongText(parts: Float64Array, slot: number, view: DataView, offset: number, length: number): void {
  const from = (slot + textAt) >> 1;
  for (let k = 0; k < length; k += 8) view.setFloat64(offset + k, parts[from + (k >> 3)]!, true);
}
