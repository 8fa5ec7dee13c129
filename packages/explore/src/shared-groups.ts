import { groupBits, groupHash, inGroup, moveGroups, moveWords, wordHash } from "./group-index.js";
import { busy, Control, FoundStates, type SharedSearch } from "./shared-states.js";
import type { StateIndex } from "./state-index.js";

/**
 * What {@link GroupIndex} is, in memory that workers share: a dictionary of last words and a table of groups, each at first small and then
 * exchanged for one of twice the places, between two batches, when every worker waits.
 *
 * What is written to a place is written once, and a word of it is published last. A worker looks first with plain reads: what was not
 * published yet it may see as zeros, so that it can miss something that is there, and then looks again with atomic ones; what it does find
 * it has seen. Atomic reads of everything would take several times as long.
 */
export class SharedGroups extends FoundStates implements StateIndex {
  readonly #shared: SharedSearch;
  readonly #words: number;
  readonly #control: Int32Array;
  readonly #common: number;
  /** Pairs: a word, and its number plus one, published last. */
  #tails: Int32Array;
  /** As in {@link GroupIndex}: a group's words but the last; one more than its part of the last words, published last; its states as bits. */
  #groups: Int32Array;
  #asked = new Int32Array(64);
  #numbers = new Int32Array(64);
  /** What the early looks gave: kept so that they are made. */
  looked = 0;

  constructor(shared: SharedSearch, worker: number) {
    super(shared, worker);
    this.#shared = shared;
    this.#words = shared.words;
    this.#control = new Int32Array(shared.control);
    this.#common = 3 * shared.workers;
    this.#tails = new Int32Array(shared.tails[0]!);
    this.#groups = new Int32Array(shared.places[0]!);
    this.open();
  }

  /** Is there room for so many more of everything? */
  hasRoom(count: number): boolean {
    const [tails, groups] = [this.#read(Control.tails), this.#read(Control.groups)];
    return isRoom(this.#tails, 2, tails + count) && isRoom(this.#groups, this.#words + 1, groups + count);
  }

  /** Moves to tables in which there is. Only while every other worker waits; each of them then opens the tables anew. */
  makeRoom(count: number): void {
    const { tails, places } = this.#shared;
    const [words, stride] = [this.#words, this.#words + 1];
    const [oldTails, oldGroups] = [this.#tails, this.#groups];
    for (const [buffers, word, unit, taken] of [
      [tails, Control.tailTable, 2, Control.tails],
      [places, Control.groupTable, stride, Control.groups],
    ] as const) {
      let table = this.#read(word);
      while (!isRoom(new Int32Array(buffers[table]!), unit, this.#read(taken) + count)) table++;
      Atomics.store(this.#control, this.#common + word, table);
    }
    this.open();
    if (this.#tails.length > oldTails.length) moveWords(oldTails, this.#tails);
    if (this.#groups.length > oldGroups.length) moveGroups(oldGroups, this.#groups, words);
  }

  /** Takes the tables that are in use now. */
  open(): void {
    const [tails, groups] = [
      this.#shared.tails[this.#read(Control.tailTable)]!,
      this.#shared.places[this.#read(Control.groupTable)]!,
    ];
    if (this.#tails.buffer !== tails) this.#tails = new Int32Array(tails);
    if (this.#groups.buffer !== groups) this.#groups = new Int32Array(groups);
  }

  intern(states: Int32Array, count: number, numbers: Int32Array): void {
    const words = this.#words;
    const [groups, stride] = [this.#groups, words + 1];
    const mask = groups.length / stride - 1;
    if (count > this.#asked.length) {
      this.#asked = new Int32Array(2 * count);
      this.#numbers = new Int32Array(2 * count);
    }
    const [asked, tails] = [this.#asked, this.#numbers];
    // A look at each place first, in a loop without a decision, so that none waits for another: they are far apart.
    let looked = 0;
    for (let i = 0; i < count; i++) {
      const at = i * words;
      const tail = this.#tail(states[at + words - 1]!);
      const place = (groupHash(states, at, words - 1, (tail >>> groupBits) + 1) & mask) * stride;
      tails[i] = tail;
      asked[i] = place;
      looked ^= groups[place]! ^ groups[place + words]!;
    }
    this.looked = looked;
    for (let i = 0; i < count; i++) {
      const at = i * words;
      const known = this.#isKnown(states, at, asked[i]!, tails[i]!) || !this.#add(states, at, asked[i]!, tails[i]!);
      numbers[i] = known ? -1 : this.append(states, at);
    }
  }

  /** By plain reads; false where one sees too little. */
  #isKnown(states: Int32Array, at: number, first: number, tail: number): boolean {
    const words = this.#words;
    const [groups, stride, last] = [this.#groups, words + 1, words - 1];
    const part = (tail >>> groupBits) + 1;
    for (let place = first; ; ) {
      const there = groups[place + last]!;
      if (there === 0 || there === busy) return false;
      if (there === part && this.#isAt(states, at, place)) {
        if ((Atomics.load(groups, place + words) & (1 << (tail & inGroup))) === 0) return false;
        // Whoever set the bit had seen the group whole, and now so have we; a zero seen before may have been nothing yet.
        return this.#isAt(states, at, place);
      }
      place += stride;
      if (place === groups.length) place = 0;
    }
  }

  /** With atomic reads and writes; true when the state was not there. */
  #add(states: Int32Array, at: number, first: number, tail: number): boolean {
    const words = this.#words;
    const [groups, stride, last] = [this.#groups, words + 1, words - 1];
    const part = (tail >>> groupBits) + 1;
    const bit = 1 << (tail & inGroup);
    for (let place = first; ; ) {
      let there = Atomics.load(groups, place + last);
      if (there === 0) {
        there = Atomics.compareExchange(groups, place + last, 0, busy);
        if (there === 0) {
          for (let word = 0; word < last; word++) groups[place + word] = states[at + word]!;
          Atomics.add(this.#control, this.#common + Control.groups, 1);
          // Published only now: whoever sees the part sees the words before it.
          Atomics.store(groups, place + last, part);
          there = part;
        }
      }
      while (there === busy) there = Atomics.load(groups, place + last);
      if (there === part && this.#isAt(states, at, place)) return (Atomics.or(groups, place + words, bit) & bit) === 0;
      place += stride;
      if (place === groups.length) place = 0;
    }
  }

  /** Has the group at a place the state's words, but for the last? */
  #isAt(states: Int32Array, at: number, place: number): boolean {
    const last = this.#words - 1;
    let word = 0;
    while (word < last && this.#groups[place + word] === states[at + word]) word++;
    return word === last;
  }

  /** The number of a last word. */
  #tail(word: number): number {
    const tails = this.#tails;
    const mask = tails.length - 1;
    for (let place = wordHash(word) & mask; ; place = (place + 2) & mask) {
      let number = tails[place + 1]!;
      // A word other than zero was seen to be there; zero may be what is not published yet.
      if (number > 0 && word !== 0 && tails[place] === word) return number - 1;
      number = Atomics.load(tails, place + 1);
      if (number === 0) {
        number = Atomics.compareExchange(tails, place + 1, 0, busy);
        if (number === 0) {
          tails[place] = word;
          number = Atomics.add(this.#control, this.#common + Control.tails, 1) + 1;
          Atomics.store(tails, place + 1, number);
          return number - 1;
        }
      }
      while (number === busy) number = Atomics.load(tails, place + 1);
      if (tails[place] === word) return number - 1;
    }
  }

  #read(word: number): number {
    return Atomics.load(this.#control, this.#common + word);
  }
}

function isRoom(places: Int32Array, words: number, taken: number): boolean {
  return taken * 4 * words <= places.length * 3;
}
