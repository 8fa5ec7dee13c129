import type { Messages } from "./messages.js";
import { mostOccurrences, pair } from "./occurrence.js";
import { Row, RowTable } from "./row-table.js";
import type { ThreadResult } from "./thread-graph.js";
import type { ThreadModel } from "./thread-model.js";

/** Of how many events it is written down in a table which keep their order. */
const quick = 256;

/** What a thread was seen to do against a part of a sequence, and the pairs of labels whose order that rests on. */
interface Entry {
  readonly result: ThreadResult;
  /** Pairs of events. */
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
 *
 * The normal form of a sequence is made message by message: a new one passes those at the end that it may pass, and stops before the first of
 * them that is greater. Those behind it there that are less than it could not pass that greater one, or they would have.
 */
export class ThreadResults<Message> {
  readonly #model: ThreadModel<unknown, Message>;
  readonly #messages: Messages<Message>;
  readonly #thread: number;
  readonly #shared: boolean;
  #table: RowTable = new RowTable();
  #entries: Entry[] = [];
  /** For whom what is remembered was told of already: an entry, a thread, and the messages in the order of the normal form. */
  #told: RowTable = new RowTable();
  readonly #row: Row = new Row();
  readonly #labels = new Map<string, number>();
  /** By message number. */
  readonly #labelOf: number[] = [];
  /** By label, a message that has it. */
  readonly #messageOf: Message[] = [];
  /** Occurrences of labels, small numbers for them. */
  readonly #events = new Map<number, number>();
  readonly #occurrences: number[] = [];
  /** Pairs of events that a run compared. */
  readonly #compared = new Set<number>();
  /** By two of the first events: 1 where they keep their order, 2 where they do not, 0 where that was not asked yet. */
  readonly #kept: Uint8Array = new Uint8Array(quick * quick);

  constructor(model: ThreadModel<unknown, Message>, messages: Messages<Message>, thread: number, shared: boolean) {
    this.#model = model;
    this.#messages = messages;
    this.#thread = thread;
    this.#shared = shared;
  }

  /**
   * What is remembered of this part of a sequence, with the pairs of positions in it that were compared: undefined where they were told before
   * of these messages, whatever their order, and this thread.
   */
  get(
    part: readonly number[],
    thread: number,
  ): { readonly result: ThreadResult; readonly compared: readonly number[] | undefined } | undefined {
    const events = this.#eventsOf(part);
    const normal = this.#normal(events);
    const known = this.#table.find(this.#key(events, normal));
    if (known < 0) return undefined;
    const { result, compared } = this.#entries[known]!;
    if (!this.#first(known, thread, part, normal)) return { result, compared: undefined };
    const pairs: number[] = [];
    for (let i = 0; i < events.length; i++) {
      for (let j = 0; j < i; j++) if (compared.has(pair(events[j]!, events[i]!))) pairs.push(j + 1, i + 1);
    }
    return { result, compared: pairs };
  }

  has(part: readonly number[]): boolean {
    const events = this.#eventsOf(part);
    return this.#table.find(this.#key(events, this.#normal(events))) >= 0;
  }

  set(part: readonly number[], result: ThreadResult): void {
    const events = this.#eventsOf(part);
    const compared = new Set<number>();
    const before = this.#compared.size;
    for (let i = 0; i < result.compared.length; i += 2) {
      const [one, other] = [events[result.compared[i]! - 1]!, events[result.compared[i + 1]! - 1]!];
      compared.add(pair(one, other));
      if (!this.#shared) continue;
      this.#compared.add(pair(one, other));
      if (one < quick && other < quick) this.#kept[one * quick + other] = this.#kept[other * quick + one] = 1;
    }
    if (this.#compared.size > before) {
      this.#table = new RowTable();
      this.#entries = [];
      this.#told = new RowTable();
    }
    const number = this.#table.intern(this.#key(events, this.#normal(events)));
    this.#entries[number] = { result, compared };
  }

  /** Tells again what was told before. */
  repeat(): void {
    this.#told = new RowTable();
  }

  #first(entry: number, thread: number, part: readonly number[], normal: readonly number[]): boolean {
    const row = this.#row;
    row.reset();
    row.push(entry);
    row.push(thread);
    for (const i of normal) row.push(part[i]!);
    const before = this.#told.size;
    return this.#told.intern(row) === before;
  }

  #key(events: readonly number[], normal: readonly number[]): Row {
    const row = this.#row;
    row.reset();
    for (const i of normal) row.push(events[i]!);
    return row;
  }

  /** Positions from 0, in the least order that keeps all that is compared in its order. */
  #normal(events: readonly number[]): number[] {
    const normal: number[] = [];
    for (let i = 0; i < events.length; i++) {
      const event = events[i]!;
      let to = normal.length;
      if (this.#shared) {
        for (let at = to - 1; at >= 0; at--) {
          const before = events[normal[at]!]!;
          if (this.#keeps(before, event)) break;
          if (this.#occurrences[event]! < this.#occurrences[before]!) to = at;
        }
      }
      normal.splice(to, 0, i);
    }
    return normal;
  }

  /** Must two events stay in their order? */
  #keeps(one: number, other: number): boolean {
    const cached = one < quick && other < quick;
    const known = cached ? this.#kept[one * quick + other]! : 0;
    if (known !== 0) return known === 1;
    const [first, second] = [this.#messageOf[this.#label(one)]!, this.#messageOf[this.#label(other)]!];
    const keeps = first === second || this.#compared.has(pair(one, other)) || this.#model.ordered(first, second);
    if (cached) this.#kept[one * quick + other] = keeps ? 1 : 2;
    return keeps;
  }

  #label(event: number): number {
    return Math.floor(this.#occurrences[event]! / mostOccurrences);
  }

  #eventsOf(part: readonly number[]): number[] {
    const events: number[] = [];
    for (let i = 0; i < part.length; i++) {
      const label = this.#labelled(part[i]!);
      let before = 0;
      for (let j = 0; j < i; j++) if (this.#labelOf[part[j]!] === label) before++;
      events.push(this.#event(label * mostOccurrences + before));
    }
    return events;
  }

  #event(occurrence: number): number {
    let event = this.#events.get(occurrence);
    if (event === undefined) {
      event = this.#occurrences.push(occurrence) - 1;
      this.#events.set(occurrence, event);
    }
    return event;
  }

  #labelled(number: number): number {
    let label = this.#labelOf[number];
    if (label === undefined) {
      const message = this.#messages.of(number);
      const own = this.#model.author(message) === this.#thread || !this.#shared;
      const like = (own ? undefined : this.#model.likeness?.(message)) ?? `${number}`;
      label = this.#labels.get(like) ?? this.#labels.size;
      this.#labels.set(like, label);
      this.#messageOf[label] ??= message;
      this.#labelOf[number] = label;
    }
    return label;
  }
}
