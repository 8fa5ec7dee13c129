import type { Messages } from "./messages.js";
import type { ThreadModel } from "./thread-model.js";

/** Of how many messages it is written down in a table which are ordered. */
const quick = 128;

/**
 * What is left of the order of a sequence when all threads are done: which of two messages that memory keeps in order (`ordered`) came
 * first. Sequences of which that is the same, and against which all threads end the same, are one execution to whoever looks at it.
 */
export class FinalOrder<Message> {
  readonly #model: ThreadModel<unknown, Message>;
  readonly #messages: Messages<Message>;
  /** By two message numbers: 1 ordered, 2 not, 0 not asked yet. */
  readonly #known: Uint8Array = new Uint8Array(quick * quick);

  constructor(model: ThreadModel<unknown, Message>, messages: Messages<Message>) {
    this.#model = model;
    this.#messages = messages;
  }

  /** The least sequence in which all that is ordered comes in the same order. */
  of(sequence: readonly number[]): number[] {
    const least: number[] = [];
    for (const number of sequence) {
      let to = least.length;
      for (let at = to - 1; at >= 0 && !this.#ordered(least[at]!, number); at--) {
        if (this.#messages.before(number, least[at]!)) to = at;
      }
      least.splice(to, 0, number);
    }
    return least;
  }

  #ordered(one: number, other: number): boolean {
    if (one === other) return true;
    const cached = one < quick && other < quick;
    const known = cached ? this.#known[one * quick + other]! : 0;
    if (known !== 0) return known === 1;
    const ordered = this.#model.ordered(this.#messages.of(one), this.#messages.of(other));
    if (cached) this.#known[one * quick + other] = ordered ? 1 : 2;
    return ordered;
  }
}
