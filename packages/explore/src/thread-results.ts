import { keyOf, labelOf, occurrencesOf, pair } from "./occurrence.js";
import type { ThreadResult } from "./thread-graph.js";
import type { ThreadModel } from "./thread-model.js";

/** What a thread was seen to do against a part of a sequence, and the pairs of labels whose order that rests on. */
interface Entry {
  readonly result: ThreadResult;
  readonly compared: ReadonlySet<number>;
}

/**
 * What one thread can do against memory sequences, remembered for all that it cannot tell apart.
 *
 * **Why that is sound.** Two sequences that differ by a swap of neighbours which the thread's runs over the first do not compare have the same
 * runs, as `Independence` proves; so do two that differ in nothing but which other threads wrote messages that are alike. Messages get
 * labels: its own number for one's own message, what the model says of its likeness for another's. A sequence of labels is put into the
 * least order that keeps every two labels in their order which a run of this thread ever compared, or which the model says are ordered. Two
 * sequences of one such normal form then differ by swaps that the runs over the remembered one do not compare.
 *
 * A pair that is compared for the first time makes other normal forms, so what was remembered under the old ones is forgotten.
 */
export class ThreadResults<Message> {
  readonly #model: ThreadModel<unknown, Message>;
  readonly #message: (number: number) => Message;
  readonly #thread: number;
  readonly #shared: boolean;
  readonly #known = new Map<string, Entry>();
  readonly #labels = new Map<string, number>();
  /** By message number. */
  readonly #labelOf: number[] = [];
  /** By label, a message that has it. */
  readonly #messageOf: Message[] = [];
  readonly #compared = new Set<number>();

  constructor(
    model: ThreadModel<unknown, Message>,
    message: (number: number) => Message,
    thread: number,
    shared: boolean,
  ) {
    this.#model = model;
    this.#message = message;
    this.#thread = thread;
    this.#shared = shared;
  }

  /** What is remembered of this part of a sequence, with the pairs of positions in it that were compared. */
  get(part: readonly number[]): { readonly result: ThreadResult; readonly compared: readonly number[] } | undefined {
    const entry = this.#known.get(this.#key(part));
    if (entry === undefined) return undefined;
    const own = this.#events(part);
    const compared: number[] = [];
    for (let i = 0; i < own.length; i++) {
      for (let j = 0; j < i; j++) if (entry.compared.has(pair(own[j]!, own[i]!))) compared.push(j + 1, i + 1);
    }
    return { result: entry.result, compared };
  }

  set(part: readonly number[], result: ThreadResult): void {
    const own = this.#events(part);
    const compared = new Set<number>();
    for (let i = 0; i < result.compared.length; i += 2) {
      const [one, other] = [result.compared[i]!, result.compared[i + 1]!];
      compared.add(pair(own[one - 1]!, own[other - 1]!));
    }
    if (this.#shared) {
      const before = this.#compared.size;
      for (const both of compared) this.#compared.add(both);
      if (this.#compared.size > before) this.#known.clear();
    }
    this.#known.set(this.#key(part), { result, compared });
  }

  #key(part: readonly number[]): string {
    return keyOf(this.#shared ? this.#normal(this.#events(part)) : part);
  }

  /** The least order that keeps all that is compared in its order. */
  #normal(sequence: readonly number[]): number[] {
    const left = [...sequence];
    const normal: number[] = [];
    while (left.length > 0) {
      let least = 0;
      for (let i = 1; i < left.length; i++) {
        if (left[i]! < left[least]! && !this.#bound(left, i)) least = i;
      }
      normal.push(labelOf(left[least]!));
      left.splice(least, 1);
    }
    return normal;
  }

  /** Must the event stay behind one of those before it? */
  #bound(sequence: readonly number[], at: number): boolean {
    const event = sequence[at]!;
    const message = this.#messageOf[labelOf(event)]!;
    for (let i = 0; i < at; i++) {
      const before = sequence[i]!;
      const other = this.#messageOf[labelOf(before)]!;
      if (other === message || this.#compared.has(pair(before, event)) || this.#model.ordered(other, message))
        return true;
    }
    return false;
  }

  #events(part: readonly number[]): number[] {
    return occurrencesOf(part.map((number) => this.#label(number)));
  }

  #label(number: number): number {
    let label = this.#labelOf[number];
    if (label === undefined) {
      const message = this.#message(number);
      const own = this.#model.author(message) === this.#thread || !this.#shared;
      const like = (own ? undefined : this.#model.likeness?.(message)) ?? `${number}`;
      label = this.#labels.get(like) ?? this.#labels.size;
      this.#labels.set(like, label);
      this.#messageOf[label] = message;
      this.#labelOf[number] = label;
    }
    return label;
  }
}
