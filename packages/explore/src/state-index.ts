const chunkStates = 4096;

/** States of a fixed number of words by number, one after the other. */
export class StateStore {
  readonly words: number;
  size = 0;
  /** Memory is taken by what is written, not by what is reserved: reserving enough at once saves copying. */
  all: Int32Array;

  readonly #expected: number;

  /** `expected` states are made room for at once; or only when there are more than `few`. */
  constructor(words: number, expected: number, few: number = expected) {
    this.words = words;
    this.#expected = words * Math.max(1024, Math.min(expected, 2 ** 24));
    this.all = new Int32Array(Math.min(this.#expected, words * Math.max(1024, few)));
  }

  append(from: Int32Array, at: number): number {
    const { words } = this;
    const number = this.size++;
    if (number * words >= this.all.length) {
      const larger = new Int32Array(Math.max(this.#expected, this.all.length * 2));
      larger.set(this.all);
      this.all = larger;
    }
    const { all } = this;
    for (let i = 0; i < words; i++) all[number * words + i] = from[at + i]!;
    return number;
  }

  copyTo(number: number, state: Int32Array): void {
    const { all, words } = this;
    for (let i = 0; i < words; i++) state[i] = all[number * words + i]!;
  }
}

/** States of a fixed number of words by number, in chunks that are given back when none of their states is needed any more. */
export class PassingStates {
  readonly words: number;
  size = 0;
  readonly #chunks: (Int32Array | undefined)[] = [];
  readonly #released: number[] = [];

  constructor(words: number) {
    this.words = words;
  }

  append(from: Int32Array, at: number): number {
    const number = this.size++;
    if (number % chunkStates === 0) this.#chunks.push(new Int32Array(this.words * chunkStates));
    const chunk = this.#chunks[Math.floor(number / chunkStates)]!;
    const offset = (number % chunkStates) * this.words;
    for (let i = 0; i < this.words; i++) chunk[offset + i] = from[at + i]!;
    return number;
  }

  copyTo(number: number, state: Int32Array): void {
    const chunk = this.#chunks[Math.floor(number / chunkStates)]!;
    const offset = (number % chunkStates) * this.words;
    for (let i = 0; i < this.words; i++) state[i] = chunk[offset + i]!;
  }

  release(number: number): void {
    const at = Math.floor(number / chunkStates);
    this.#released[at] = (this.#released[at] ?? 0) + 1;
    if (this.#released[at] === chunkStates) this.#chunks[at] = undefined;
  }
}

/** Numbers of states, in the order in which they were first seen. */
export interface StateIndex {
  /** Numbers of `count` states that lie one after the other in `states`; -1 for known ones whose number is not kept. */
  intern(states: Int32Array, count: number, numbers: Int32Array): void;
}

/**
 * An exact index: open addressing with linear probing, at most three quarters full. A place has one word: in its low bits, as many as number
 * the places, a state's number plus one (0 is free); above them the same bits of the state's hash, so that hardly any other state is
 * compared. The states themselves are in the store only. Looking one up takes two walks to main memory; those of a batch do not wait for
 * each other.
 */
export class ExactIndex implements StateIndex {
  readonly #store: StateStore;
  #places: Int32Array;
  #mask = 1023;
  #hashes = new Int32Array(64);
  /** What the early looks gave: kept so that they are made. */
  looked = 0;

  constructor(store: StateStore) {
    this.#store = store;
    this.#places = new Int32Array(this.#mask + 1);
  }

  intern(states: Int32Array, count: number, numbers: Int32Array): void {
    const store = this.#store;
    const { words } = store;
    while ((store.size + count) * 4 > (this.#mask + 1) * 3) this.#rehash();
    if (count > this.#hashes.length) this.#hashes = new Int32Array(2 * count);
    this.#lookEarly(states, count, numbers);
    const [places, mask, hashes] = [this.#places, this.#mask, this.#hashes];
    for (let i = 0; i < count; i++) {
      const at = i * words;
      const hash = hashes[i]!;
      let place = hash & mask;
      let entry = places[place]!;
      const { all } = store;
      while (entry !== 0) {
        if (((entry ^ hash) & ~mask) === 0) {
          const from = ((entry & mask) - 1) * words;
          let word = 0;
          while (word < words && all[from + word] === states[at + word]) word++;
          if (word === words) break;
        }
        place = (place + 1) & mask;
        entry = places[place]!;
      }
      if (entry === 0) {
        entry = store.append(states, at) + 1;
        places[place] = (hash & ~mask) | entry;
      }
      numbers[i] = (entry & mask) - 1;
    }
  }

  /** Hashes the states, and looks at where each is looked for first, in loops without a decision: what they wait for, they wait for at once. */
  #lookEarly(states: Int32Array, count: number, numbers: Int32Array): void {
    const [places, mask, hashes] = [this.#places, this.#mask, this.#hashes];
    const { words, all } = this.#store;
    for (let i = 0; i < count; i++) {
      const hash = hashOf(states, i * words, words);
      hashes[i] = hash;
      numbers[i] = places[hash & mask]! & mask;
    }
    let looked = 0;
    for (let i = 0; i < count; i++) looked ^= all[Math.max(numbers[i]! - 1, 0) * words]!;
    this.looked = looked;
  }

  /** Twice the places: filled from the store, in which the states lie in the order of their numbers. */
  #rehash(): void {
    const { words, all, size } = this.#store;
    const mask = this.#mask * 2 + 1;
    this.#places = new Int32Array(0);
    const places = new Int32Array(mask + 1);
    for (let number = 0; number < size; number++) {
      const hash = hashOf(all, number * words, words);
      let place = hash & mask;
      while (places[place] !== 0) place = (place + 1) & mask;
      places[place] = (hash & ~mask) | (number + 1);
    }
    this.#places = places;
    this.#mask = mask;
  }
}

/**
 * An index of 63-bit fingerprints: 8 bytes a place whatever the size of states. Two states with the same fingerprint are taken for one,
 * so a search with it may miss states: what it finds is true, what it does not find proves nothing.
 */
export class FingerprintIndex implements StateIndex {
  readonly #words: number;
  readonly #added: (states: Int32Array, at: number) => number;
  /** Pairs of words; a pair of zeros is free, and no fingerprint is one. */
  #slots = new Int32Array(2048);
  #size = 0;
  /** `added` keeps a new state and gives it its number. */
  constructor(words: number, added: (states: Int32Array, at: number) => number) {
    this.#words = words;
    this.#added = added;
  }

  intern(states: Int32Array, count: number, numbers: Int32Array): void {
    for (let i = 0; i < count; i++) {
      const at = i * this.#words;
      numbers[i] = this.add(states, at, this.#words) ? this.#added(states, at) : -1;
    }
  }

  /** Was this not seen before? */
  add(words: Int32Array, at: number, length: number): boolean {
    if ((this.#size + 1) * 8 > this.#slots.length * 3) this.#rehash();
    const low = hashOf(words, at, length) | 0;
    const high = otherHashOf(words, at, length) | 1;
    if (!insert(this.#slots, low, high)) return false;
    this.#size++;
    return true;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    for (let slot = 0; slot < this.#slots.length; slot += 2) {
      if (this.#slots[slot + 1] !== 0) insert(slots, this.#slots[slot]!, this.#slots[slot + 1]!);
    }
    this.#slots = slots;
  }
}

function insert(slots: Int32Array, low: number, high: number): boolean {
  const mask = slots.length - 1;
  let slot = (low << 1) & mask;
  while (slots[slot + 1] !== 0) {
    if (slots[slot] === low && slots[slot + 1] === high) return false;
    slot = (slot + 2) & mask;
  }
  slots[slot] = low;
  slots[slot + 1] = high;
  return true;
}

/** A multiply-and-shift mix of each word (the constants are those of MurmurHash3's finaliser). */
export function hashOf(words: Int32Array, at: number, length: number): number {
  let h = length;
  for (let i = 0; i < length; i++) {
    h = Math.imul(h ^ words[at + i]!, 0x85ebca6b);
    h ^= h >>> 13;
  }
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Another hash, independent of the first as far as anyone can tell (FNV's constants, with a shift). */
function otherHashOf(words: Int32Array, at: number, length: number): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < length; i++) {
    h = Math.imul(h ^ words[at + i]!, 0x01000193);
    h ^= h >>> 15;
    h = Math.imul(h, 0x2c1b3c6d);
    h ^= h >>> 12;
  }
  return h;
}
