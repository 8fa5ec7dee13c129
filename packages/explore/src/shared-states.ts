import type { PackedModel } from "./packed-model.js";
import { hashOf, type StateIndex } from "./state-index.js";

/** How many states may be found above the limit before every worker has stopped, at least. */
const margin = 65_536;
/** States a worker takes at a time, at most. */
const together = 64;
/** A place that some worker is writing to. */
export const busy = -1;

/** What workers of one search have in common. Plain data: it is sent to them. */
export interface SharedSearch {
  readonly words: number;
  readonly workers: number;
  readonly states: number;
  /** States a worker takes at a time. */
  readonly together: number;
  /** How many edges all workers may find before they look again whether there is room. */
  readonly edges: number;
  /** Places of the index: a state's words, and its number plus one; or groups, in tables of which each has twice the places of the one before. */
  readonly places: readonly SharedArrayBuffer[];
  /** For groups: numbers of last words, in such tables; otherwise none. */
  readonly tails: readonly SharedArrayBuffer[];
  /** By worker: the states it found, what they were found from, and by which action. */
  readonly found: readonly SharedArrayBuffer[];
  readonly parents: readonly SharedArrayBuffer[];
  readonly positions: readonly SharedArrayBuffer[];
  /** By worker: how many states, and where the level being looked at begins and ends among them; then the words of `Control`. */
  readonly control: SharedArrayBuffer;
}

/** Words of `control` behind the three of each worker; behind these, by property, the number plus one of a state that decides it. */
export const Control = {
  next: 0,
  arrived: 1,
  level: 2,
  stop: 3,
  ended: 4,
  /** How often all have met. */
  met: 5,
  /** Is there no room for another batch of each worker? */
  full: 6,
  /** How many places are taken of the tables of groups, and which of them are in use. */
  tails: 7,
  groups: 8,
  tailTable: 9,
  groupTable: 10,
  words: 11,
} as const;
/** Reasons to stop. Anyone may ask for it at any time; it becomes `ended` between levels, when no worker can be left waiting. */
export const Stop = { none: 0, done: 1, states: 2, seconds: 3, cancelled: 4 } as const;

/**
 * Room for `states` states: taken from the system only where it is written to.
 *
 * @param model - its words, actions and properties
 * @param workers - how many there are
 * @param states - the limit
 * @param numbers - must the numbers of known states be told?
 */
export function sharedSearch(model: PackedModel, workers: number, states: number, numbers: boolean): SharedSearch {
  const { words, actions } = model;
  const size = Math.max(1, Math.min(together, Math.floor(margin / (workers * actions))));
  const edges = Math.max(workers * size * actions, model.init().length);
  const room = states + Math.max(margin, edges);
  const found = (bytes: number): SharedArrayBuffer[] =>
    Array.from({ length: workers }, () => new SharedArrayBuffer(bytes * room));
  const tables = (bytes: number, first: number): SharedArrayBuffer[] => {
    const most = Math.max(first, placesFor(room + edges));
    return Array.from({ length: 1 + Math.log2(most / first) }, (_, i) => new SharedArrayBuffer(bytes * first * 2 ** i));
  };
  const groups = !numbers && words > 1;
  const first = placesFor(groups ? 2 * edges : room);
  return {
    words,
    workers,
    states,
    together: size,
    edges,
    places: groups ? tables(4 * (words + 1), first) : [new SharedArrayBuffer(4 * (words + 1) * first)],
    tails: groups ? tables(8, first) : [],
    found: found(4 * words),
    parents: found(4),
    positions: found(2),
    control: new SharedArrayBuffer(4 * (3 * workers + Control.words + model.properties.length)),
  };
}

/** So many that no more than three quarters are taken. */
function placesFor(taken: number): number {
  let places = 1024;
  while (places * 3 < taken * 4) places *= 2;
  return places;
}

/** What workers have found, as one of them sees it. The state at position i of worker w has number i * workers + w. */
export class FoundStates {
  readonly #found: readonly Int32Array[];
  readonly #words: number;
  readonly #workers: number;
  readonly #worker: number;
  /** How many states this worker has found. */
  size = 0;

  constructor(shared: SharedSearch, worker: number) {
    this.#words = shared.words;
    this.#workers = shared.workers;
    this.#worker = worker;
    this.#found = shared.found.map((buffer) => new Int32Array(buffer));
  }

  /** Keeps a new state of this worker: its number. */
  append(states: Int32Array, at: number): number {
    const words = this.#words;
    const own = this.#found[this.#worker]!;
    const added = this.size++;
    for (let word = 0; word < words; word++) own[added * words + word] = states[at + word]!;
    return added * this.#workers + this.#worker;
  }

  copyTo(number: number, state: Int32Array): void {
    const words = this.#words;
    const found = this.#found[number % this.#workers]!;
    const from = Math.floor(number / this.#workers) * words;
    for (let i = 0; i < words; i++) state[i] = found[from + i]!;
  }
}

/** An index of the states of all that keeps their numbers. */
export class SharedStates extends FoundStates implements StateIndex {
  readonly #places: Int32Array;
  readonly #mask: number;
  readonly #words: number;
  #asked = new Int32Array(64);
  /** What the early looks gave: kept so that they are made. */
  looked = 0;

  constructor(shared: SharedSearch, worker: number) {
    super(shared, worker);
    this.#words = shared.words;
    this.#places = new Int32Array(shared.places[0]!);
    this.#mask = this.#places.length / (shared.words + 1) - 1;
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
          for (let word = 0; word < words; word++) places[from + word] = states[at + word]!;
          number = this.append(states, at);
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
