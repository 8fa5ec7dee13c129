import type { Messages } from "./messages.js";
import { mostOccurrences, pair } from "./occurrence.js";
import type { ThreadModel } from "./thread-model.js";

/**
 * Threads that are twins run the same program from the same state, so what the one does against a memory sequence, the other does against
 * the sequence in which the two have changed names.
 *
 * **What follows for one thread** (`first`, `asFirst`): its runs are those of the first of its twins, renamed; they are found once.
 *
 * **What follows for sequences** (`least`), where twins are interchangeable, that is, where no thread's program names one of them: renaming
 * twins makes of all executions all executions. Of the images of a sequence the least is looked at, message by message, in the order of
 * their numbers; the others' executions are made from its (`images`). A sequence whose image is less than it goes on to nothing that is
 * least: the image of what continues it is less for the same message. So all that begins a least sequence is least.
 *
 * **Together with {@link Independence}**, which looks at the least of sequences that differ in orders nobody can tell: let two sequences be
 * the same when swaps and renamings lead from the one to the other. The least of all that are the same as a given one is least in both
 * ways, and so is all that begins it, so it is looked at. It needs that what is noticed and compared does not depend on names either: what
 * is compared under some names counts as compared under all (`pair`), and a model must let twins notice the same (`Twins`).
 */
export class Symmetry<Message> {
  readonly #model: ThreadModel<unknown, Message>;
  readonly #messages: Messages<Message>;
  /** By thread: the first of its twins, and those it can change places with. */
  readonly #first: number[];
  readonly #twins: (readonly number[] | undefined)[] = [];
  /** Are there threads that can change places? */
  readonly #any: boolean;
  readonly #pairs = new Map<number, number>();
  readonly #swaps = new Map<number, number>();

  constructor(model: ThreadModel<unknown, Message>, messages: Messages<Message>, on: boolean) {
    this.#model = model;
    this.#messages = messages;
    this.#first = Array.from({ length: model.threads }, (_, thread) => thread);
    for (const { threads, interchangeable } of on && model.renamed ? (model.twins ?? []) : []) {
      for (const thread of threads) {
        this.#first[thread] = threads[0]!;
        if (interchangeable) this.#twins[thread] = threads;
      }
    }
    this.#any = this.#twins.length > 0;
  }

  /** The first of the thread's twins: itself, when it has none. */
  first(thread: number): number {
    return this.#first[thread]!;
  }

  /** The sequence as it is when the thread and the first of its twins have changed names; the same again undoes it. */
  asFirst(thread: number, numbers: readonly number[]): readonly number[] {
    const first = this.first(thread);
    return first === thread ? numbers : numbers.map((number) => this.#swapped(number, first, thread));
  }

  /** The sequence when every thread has the name that is given for it. */
  renamed(numbers: readonly number[], names: readonly number[]): readonly number[] {
    if (names.every((name, thread) => name === thread)) return numbers;
    return numbers.map((number) => this.#messages.number(this.#model.renamed!(this.#messages.of(number), names)));
  }

  /** Is no image of the sequence less than it? */
  least(sequence: readonly number[]): boolean {
    if (!this.#any) return true;
    // Up to where an image is less it is the same, so all who wrote before keep their names there; each free name makes another message.
    const named = new Set<number>();
    for (const number of sequence) {
      const author = this.#model.author(this.#messages.of(number));
      if (named.has(author)) continue;
      named.add(author);
      for (const free of this.#twins[author] ?? []) {
        if (!named.has(free) && this.#messages.before(this.#swapped(number, author, free), number)) return false;
      }
    }
    return true;
  }

  /**
   * Namings that make of this sequence all its images, but for those that only change places of twins that are `like` each other: which of
   * those wrote which message, nobody can tell in the end.
   */
  *images(sequence: readonly number[], like: (thread: number) => unknown): Generator<readonly number[]> {
    const authors = [...new Set(sequence.map((number) => this.#model.author(this.#messages.of(number))))];
    const moving = authors.filter((author) => this.#twins[author] !== undefined).sort((a, b) => a - b);
    const names = new Map<number, number>();
    const go = function* (self: Symmetry<Message>, at: number): Generator<readonly number[]> {
      const author = moving[at];
      if (author === undefined) {
        yield self.#complete(names);
        return;
      }
      const twins = self.#twins[author]!;
      const alike = moving.slice(0, at).filter((other) => twins.includes(other) && like(other) === like(author));
      const above = alike.length === 0 ? -1 : names.get(alike.at(-1)!)!;
      const taken = new Set(names.values());
      for (const name of twins) {
        if (name <= above || taken.has(name)) continue;
        names.set(author, name);
        yield* go(self, at + 1);
        names.delete(author);
      }
    };
    yield* go(this, 0);
  }

  /** {@link pair}, the same for all that renamings make of the two. */
  pair(one: number, other: number): number {
    const plain = pair(one, other);
    if (!this.#any) return plain;
    let known = this.#pairs.get(plain);
    if (known === undefined) {
      known = Math.min(this.#named(one, other), this.#named(other, one));
      this.#pairs.set(plain, known);
    }
    return known;
  }

  /** The pair with the first one's author under the first name of its twins, and the second one's under the next that is free. */
  #named(one: number, other: number): number {
    const [message, second] = [Math.floor(one / mostOccurrences), Math.floor(other / mostOccurrences)];
    const author = this.#model.author(this.#messages.of(message));
    const next = this.#model.author(this.#messages.of(second));
    const own = this.#twins[author];
    const twins = this.#twins[next];
    const name = own?.[0] ?? author;
    const free = next === author ? name : (twins?.[twins === own ? 1 : 0] ?? next);
    return pair(
      this.#swapped(message, author, name) * mostOccurrences + (one % mostOccurrences),
      this.#swapped(second, next, free) * mostOccurrences + (other % mostOccurrences),
    );
  }

  /** Who wrote nothing keeps its name, or gets one that is left. */
  #complete(chosen: ReadonlyMap<number, number>): readonly number[] {
    const taken = new Set(chosen.values());
    const left = [...chosen.keys()].filter((name) => !taken.has(name));
    return this.#first.map((_, thread) => {
      if (chosen.has(thread) || !taken.has(thread)) return chosen.get(thread) ?? thread;
      const at = left.findIndex((name) => this.#twins[thread]!.includes(name));
      return left.splice(at, 1)[0]!;
    });
  }

  /** The message when two threads have changed names. */
  #swapped(number: number, one: number, other: number): number {
    if (one === other) return number;
    const threads = this.#first.length;
    const key = (number * threads + one) * threads + other;
    let known = this.#swaps.get(key);
    if (known === undefined) {
      const names = this.#first.map((_, thread) => (thread === one ? other : thread === other ? one : thread));
      known = this.#messages.number(this.#model.renamed!(this.#messages.of(number), names));
      this.#swaps.set(key, known);
    }
    return known;
  }
}
