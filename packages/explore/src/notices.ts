import type { Messages } from "./messages.js";
import type { ThreadModel } from "./thread-model.js";

/** Which threads notice which messages, as far as is known: each notices its own. Worked out once for as long as what is known stays the same. */
export class Notices<Message> {
  readonly #model: ThreadModel<unknown, Message>;
  readonly #messages: Messages<Message>;
  readonly #known: number[];
  /** By message number: the threads that notice it, as bits. */
  #bits: number[] = [];
  #version = 0;

  constructor(model: ThreadModel<unknown, Message>, messages: Messages<Message>) {
    this.#model = model;
    this.#messages = messages;
    this.#known = Array.from({ length: model.threads }, () => Number.NaN);
  }

  /** Looks whether more is known by now. What this gives is another number whenever it is. */
  version(): number {
    let changed = false;
    for (let thread = 0; thread < this.#known.length; thread++) {
      const now = this.#model.relevance(thread);
      if (now === this.#known[thread]) continue;
      this.#known[thread] = now;
      changed = true;
    }
    if (changed) {
      this.#bits = [];
      this.#version++;
    }
    return this.#version;
  }

  /** The threads that notice a message, as bits: of 30 threads at most. */
  of(number: number): number {
    let bits = this.#bits[number];
    if (bits === undefined) {
      bits = 0;
      for (let thread = 0; thread < this.#known.length; thread++) if (this.#asked(thread, number)) bits |= 1 << thread;
      this.#bits[number] = bits;
    }
    return bits;
  }

  /** Does the thread notice the message? */
  by(thread: number, number: number): boolean {
    return this.#known.length > 30 ? this.#asked(thread, number) : (this.of(number) & (1 << thread)) !== 0;
  }

  #asked(thread: number, number: number): boolean {
    const message = this.#messages.of(number);
    return this.#model.author(message) === thread || this.#model.relevant(thread, message);
  }
}
