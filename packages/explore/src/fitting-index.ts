import { GroupIndex } from "./group-index.js";
import { ExactIndex, PassingStates, type StateIndex, StateStore } from "./state-index.js";

/** At how many states it is looked whether they fill groups, from the first to the last, each twice the one before. */
const [first, last] = [2 ** 10, 2 ** 17];

/**
 * States and their index for a search that needs no numbers of known states: each by itself at first, and in groups ({@link GroupIndex})
 * from when groups have been seen to take less than half the memory. Of some models no two states are alike enough: those stay as they are.
 */
export class FittingIndex implements StateIndex {
  readonly #words: number;
  #states: StateStore | PassingStates;
  #index: StateIndex;
  #next = first;

  constructor(words: number, expected: number) {
    this.#words = words;
    const store = new StateStore(words, expected, 2 * last);
    this.#states = store;
    this.#index = new ExactIndex(store);
  }

  get size(): number {
    return this.#states.size;
  }

  copyTo(number: number, state: Int32Array): void {
    this.#states.copyTo(number, state);
  }

  release(number: number): void {
    if (this.#states instanceof PassingStates) this.#states.release(number);
  }

  intern(states: Int32Array, count: number, numbers: Int32Array): void {
    this.#index.intern(states, count, numbers);
    if (this.size >= this.#next) this.#fit();
  }

  #fit(): void {
    const store = this.#states;
    this.#next = this.#next < last ? this.#next * 2 : Number.POSITIVE_INFINITY;
    if (!(store instanceof StateStore)) return;
    const [words, { size, all }] = [this.#words, store];
    const passing = new PassingStates(words);
    const groups = new GroupIndex(words, (from, at) => passing.append(from, at));
    const together = 4096;
    const numbers = new Int32Array(together);
    for (let from = 0; from < size; from += together) {
      groups.intern(all.subarray(from * words), Math.min(together, size - from), numbers);
    }
    if (groups.bytes * 2 > size * (4 * words + 7)) return;
    this.#states = passing;
    this.#index = groups;
    this.#next = Number.POSITIVE_INFINITY;
  }
}
