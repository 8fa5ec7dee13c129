import type { StateIndex } from "./state-index.js";

/** Bits of a last word's number that tell the states of one group apart. */
export const groupBits = 5;
export const inGroup = 31;

/**
 * An exact index that tells new states from known ones and keeps no numbers: all that a search needs that asks of an edge only whether it
 * leads to something new.
 *
 * The last words of states get numbers in the order in which they are first seen. States that are equal but for the low five bits of
 * that number are a group: a place of the table has what they have in common once, and a bit for each. What is made of parts takes few of
 * all words in each of them, and an action changes one or two, so groups are well filled: the tables are a fraction of one that has every
 * state, and what is looked for is more often near. Open addressing with linear probing, at most three quarters full.
 */
export class GroupIndex implements StateIndex {
  readonly #words: number;
  readonly #added: (states: Int32Array, at: number) => number;
  readonly #tails = new WordNumbers();
  /** Places of one word more than a state has: a group's words but the last; one more than which part of the last words it is; its states as bits. */
  #groups: Int32Array;
  #size = 0;
  #asked = new Int32Array(64);
  #numbers = new Int32Array(64);
  /** What the early looks gave: kept so that they are made. */
  looked = 0;

  /** `added` keeps a new state and gives it its number. */
  constructor(words: number, added: (states: Int32Array, at: number) => number) {
    this.#words = words;
    this.#added = added;
    this.#groups = new Int32Array((words + 1) * 1024);
  }

  /** Bytes of what is kept, as it is filled on average. */
  get bytes(): number {
    return ((this.#words + 1) * 4 * this.#size + 8 * this.#tails.size) / 0.56;
  }

  intern(states: Int32Array, count: number, numbers: Int32Array): void {
    if (count === 0) return;
    const words = this.#words;
    const [stride, last] = [words + 1, words - 1];
    while ((this.#size + count) * 4 * stride > this.#groups.length * 3) this.#rehash();
    if (count > this.#asked.length) {
      this.#asked = new Int32Array(2 * count);
      this.#numbers = new Int32Array(2 * count);
    }
    this.#lookEarly(states, count);
    const [groups, asked, tails] = [this.#groups, this.#asked, this.#numbers];
    for (let i = 0; i < count; i++) {
      const at = i * words;
      const tail = tails[i]!;
      const part = (tail >>> groupBits) + 1;
      let place = asked[i]!;
      let there = groups[place + last]!;
      while (there !== 0) {
        if (there === part) {
          let word = 0;
          while (word < last && groups[place + word] === states[at + word]) word++;
          if (word === last) break;
        }
        place += stride;
        if (place === groups.length) place = 0;
        there = groups[place + last]!;
      }
      if (there === 0) {
        this.#size++;
        for (let word = 0; word < last; word++) groups[place + word] = states[at + word]!;
        groups[place + last] = part;
      }
      const bits = groups[place + words]!;
      const bit = 1 << (tail & inGroup);
      if ((bits & bit) !== 0) numbers[i] = -1;
      else {
        groups[place + words] = bits | bit;
        numbers[i] = this.#added(states, at);
      }
    }
  }

  /** Numbers the last words, and looks at where each group is looked for first: what these looks wait for, they wait for at once. */
  #lookEarly(states: Int32Array, count: number): void {
    const words = this.#words;
    const [groups, asked, numbers, tails, stride] = [this.#groups, this.#asked, this.#numbers, this.#tails, words + 1];
    const mask = groups.length / stride - 1;
    let looked = 0;
    let word = states[words - 1]!;
    let tail = tails.number(word);
    for (let i = 0; i < count; i++) {
      const at = i * words;
      const own = states[at + words - 1]!;
      // One action after the other changes the same word, or leaves it.
      if (own !== word) {
        word = own;
        tail = tails.number(own);
      }
      const place = (groupHash(states, at, words - 1, (tail >>> groupBits) + 1) & mask) * stride;
      numbers[i] = tail;
      asked[i] = place;
      looked ^= groups[place]! ^ groups[place + words]!;
    }
    this.looked = looked;
  }

  #rehash(): void {
    const groups = new Int32Array(this.#groups.length * 2);
    moveGroups(this.#groups, groups, this.#words);
    this.#groups = groups;
  }
}

/** Fills an empty table with the groups of another. */
export function moveGroups(from: Int32Array, to: Int32Array, words: number): void {
  const stride = words + 1;
  const mask = to.length / stride - 1;
  for (let at = 0; at < from.length; at += stride) {
    const part = from[at + words - 1]!;
    if (part === 0) continue;
    let place = (groupHash(from, at, words - 1, part) & mask) * stride;
    while (to[place + words - 1] !== 0) {
      place += stride;
      if (place === to.length) place = 0;
    }
    for (let word = 0; word < stride; word++) to[place + word] = from[at + word]!;
  }
}

/** Numbers of words, in the order in which they are first asked for. */
class WordNumbers {
  /** Pairs: a word, and its number plus one, 0 where the place is free. */
  #places = new Int32Array(2048);
  size = 0;

  number(word: number): number {
    const places = this.#places;
    const mask = places.length - 1;
    let place = wordHash(word) & mask;
    for (;;) {
      const number = places[place + 1]!;
      if (number === 0) return this.#add(word, place);
      if (places[place] === word) return number - 1;
      place = (place + 2) & mask;
    }
  }

  #add(word: number, place: number): number {
    this.#places[place] = word;
    this.#places[place + 1] = ++this.size;
    if (this.size * 8 > this.#places.length * 3) this.#rehash();
    return this.size - 1;
  }

  #rehash(): void {
    const old = this.#places;
    this.#places = new Int32Array(old.length * 2);
    moveWords(old, this.#places);
  }
}

/** Fills an empty dictionary with the words of another. */
export function moveWords(from: Int32Array, to: Int32Array): void {
  const mask = to.length - 1;
  for (let at = 0; at < from.length; at += 2) {
    if (from[at + 1] === 0) continue;
    let place = wordHash(from[at]!) & mask;
    while (to[place + 1] !== 0) place = (place + 2) & mask;
    to[place] = from[at]!;
    to[place + 1] = from[at + 1]!;
  }
}

/** Even, so that it is where a pair begins. */
export function wordHash(word: number): number {
  const h = Math.imul(word, 0x85ebca6b);
  return (h ^ (h >>> 15)) << 1;
}

/** A multiply-and-shift mix of each word (the constants are those of MurmurHash3's finaliser), and of the part as one more. */
export function groupHash(words: Int32Array, at: number, length: number, part: number): number {
  let h = length;
  for (let i = 0; i < length; i++) {
    h = Math.imul(h ^ words[at + i]!, 0x85ebca6b);
    h ^= h >>> 13;
  }
  h = Math.imul(h ^ part, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
