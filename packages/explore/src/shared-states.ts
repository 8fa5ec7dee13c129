import { hashOf, type StateIndex } from "./state-index.js";

/** How many states may be found above the limit before every worker has stopped. */
const margin = 65_536;
/** A place that some worker is writing to. */
const busy = -1;

/** What workers of one search have in common. Plain data: it is sent to them. */
export interface SharedSearch {
  readonly words: number;
  readonly workers: number;
  readonly states: number;
  /** Places of the index: a state's words, and its number plus one. */
  readonly places: SharedArrayBuffer;
  /** By worker: the states it found, what they were found from, and by which action. */
  readonly found: readonly SharedArrayBuffer[];
  readonly parents: readonly SharedArrayBuffer[];
  readonly positions: readonly SharedArrayBuffer[];
  /** By worker: how many states, and where the level being looked at begins and ends among them; then the words of `Control`. */
  readonly control: SharedArrayBuffer;
}

/** Words of `control` behind the three of each worker; behind these, by property, the number plus one of a state that decides it. */
export const Control = { next: 0, arrived: 1, level: 2, stop: 3, ended: 4, words: 5 } as const;
/** Reasons to stop. Anyone may ask for it at any time; it becomes `ended` between levels, when no worker can be left waiting. */
export const Stop = { none: 0, done: 1, states: 2, seconds: 3, cancelled: 4 } as const;

/** Room for `states` states: taken from the system only where it is written to. */
export function sharedSearch(words: number, workers: number, states: number, properties: number): SharedSearch {
  const room = states + margin;
  const buffers = (bytes: number): SharedArrayBuffer[] =>
    Array.from({ length: workers }, () => new SharedArrayBuffer(bytes * room));
  let places = 1024;
  while (places * 3 < room * 4) places *= 2;
  return {
    words,
    workers,
    states,
    places: new SharedArrayBuffer(4 * places * (words + 1)),
    found: buffers(4 * words),
    parents: buffers(4),
    positions: buffers(2),
    control: new SharedArrayBuffer(4 * (3 * workers + Control.words + properties)),
  };
}

/** One worker's view of the states of all. The state at position i of worker w has number i * workers + w. */
export class SharedStates implements StateIndex {
  readonly #places: Int32Array;
  readonly #mask: number;
  readonly #found: readonly Int32Array[];
  readonly #words: number;
  readonly #workers: number;
  readonly #worker: number;
  #asked = new Int32Array(64);
  looked = 0;
  /** How many states this worker has found. */
  size = 0;

  constructor(shared: SharedSearch, worker: number) {
    this.#words = shared.words;
    this.#workers = shared.workers;
    this.#worker = worker;
    this.#places = new Int32Array(shared.places);
    this.#mask = this.#places.length / (shared.words + 1) - 1;
    this.#found = shared.found.map((buffer) => new Int32Array(buffer));
  }

  copyTo(number: number, state: Int32Array): void {
    const words = this.#words;
    const found = this.#found[number % this.#workers]!;
    const from = Math.floor(number / this.#workers) * words;
    for (let i = 0; i < words; i++) state[i] = found[from + i]!;
  }

  intern(states: Int32Array, count: number, numbers: Int32Array): void {
    const words = this.#words;
    const [places, mask, stride] = [this.#places, this.#mask, words + 1];
    if (count > this.#asked.length) this.#asked = new Int32Array(2 * count);
    const asked = this.#asked;
    // A look at each place first, in a loop without a decision, so that none waits for another: they are far apart.
    let looked = 0;
    for (let i = 0; i < count; i++) {
      const place = hashOf(states, i * words, words) & mask;
      asked[i] = place;
      looked ^= places[place * stride]!;
    }
    this.looked = looked;
    for (let i = 0; i < count; i++) numbers[i] = this.#intern(states, i * words, asked[i]!);
  }

  #intern(states: Int32Array, at: number, first: number): number {
    const words = this.#words;
    const [places, mask, stride] = [this.#places, this.#mask, words + 1];
    for (let place = first; ; place = (place + 1) & mask) {
      const from = place * stride;
      let number = Atomics.load(places, from + words);
      if (number === 0) {
        number = Atomics.compareExchange(places, from + words, 0, busy);
        if (number === 0) {
          const own = this.#found[this.#worker]!;
          const added = this.size++;
          for (let word = 0; word < words; word++) {
            places[from + word] = states[at + word]!;
            own[added * words + word] = states[at + word]!;
          }
          number = added * this.#workers + this.#worker;
          Atomics.store(places, from + words, number + 1);
          return number;
        }
      }
      while (number === busy) number = Atomics.load(places, from + words);
      let word = 0;
      while (word < words && places[from + word] === states[at + word]) word++;
      if (word === words) return number - 1;
    }
  }
}
