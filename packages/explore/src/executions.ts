import { FinalOrder } from "./final-order.js";
import type { Messages } from "./messages.js";
import { Row, RowTable } from "./row-table.js";
import type { Race, ThreadResult } from "./thread-graph.js";
import type { PortableModel, ThreadModel } from "./thread-model.js";

/** What one thread may end with, and what it raced for, in an order of their own. */
export interface ThreadEnds {
  readonly outcomes: readonly string[];
  readonly races: readonly Race[];
}

/** Executions, in a form to be sent. */
export interface SentExecutions {
  /** Numbers of messages. */
  readonly sequences: readonly (readonly number[])[];
  readonly origins: readonly (readonly number[])[];
  /** By execution and thread, the number of its ends. */
  readonly own: readonly (readonly number[])[];
  /** By number; outcomes and keys by their numbers in the lists below. */
  readonly ends: readonly {
    readonly outcomes: readonly number[];
    readonly races: readonly { readonly key: number; readonly values: readonly number[] }[];
  }[];
  readonly outcomes: readonly unknown[];
  readonly keys: readonly unknown[];
}

/**
 * Executions that were found. Two that nobody can tell apart are one: their messages are the same, memory keeps the same order of them
 * (`FinalOrder`), and each thread ends the same. It is shown with the least of the sequences that lead to it.
 *
 * So what there is does not depend on how it was found. Sequences that swaps nobody can tell lead to are one execution, and the least of all
 * that lead to it is the least that swaps of it lead to, by whatever is known to be compared: it is always found. The same goes, with
 * renamings, for the sequence that was looked at and of which this one is an image: the least of those decides.
 */
export class Executions<Message> {
  readonly #model: ThreadModel<unknown, Message>;
  readonly #messages: Messages<Message>;
  readonly #final: FinalOrder<Message> | undefined;
  readonly #row: Row = new Row();
  #table: RowTable = new RowTable();
  /** By execution: numbers of messages, and by thread the number of its ends. */
  readonly sequences: (readonly number[])[] = [];
  readonly own: (readonly number[])[] = [];
  /** By execution: the sequence that was looked at. */
  readonly #origins: (readonly number[])[] = [];
  #ends: ThreadEnds[] = [];
  #numbers = new Map<readonly string[], number>();
  #texts = new Map<string, number>();
  readonly #outcomes = new Map<string, string>();

  /**
   * @param model - the threads
   * @param messages - by number
   * @param merged - whether those that nobody can tell apart are one; off, every sequence is an execution
   */
  constructor(model: ThreadModel<unknown, Message>, messages: Messages<Message>, merged: boolean) {
    this.#model = model;
    this.#messages = messages;
    if (merged) this.#final = new FinalOrder(model, messages);
  }

  clear(): void {
    this.sequences.length = 0;
    this.own.length = 0;
    this.#origins.length = 0;
    this.#table = new RowTable();
    this.#ends = [];
    this.#numbers = new Map();
    this.#texts = new Map();
  }

  /** A number for what a thread ends with, the same for the same ends in whatever order they were found. */
  number({ outcomes, races }: ThreadEnds | ThreadResult): number {
    let number = this.#numbers.get(outcomes);
    if (number !== undefined) return number;
    const sorted = outcomes.map((outcome) => ({ outcome, text: this.#text(outcome) })).sort(byText);
    const keys = races.map((race) => ({ race, text: JSON.stringify([race.key, race.values]) })).sort(byText);
    const text = JSON.stringify([sorted.map(({ text }) => text), keys.map(({ text }) => text)]);
    number = this.#texts.get(text);
    if (number === undefined) {
      number = this.#ends.push({
        outcomes: sorted.map(({ outcome }) => outcome),
        races: keys.map(({ race }) => race),
      });
      this.#texts.set(text, --number);
    }
    this.#numbers.set(outcomes, number);
    return number;
  }

  ends(number: number): ThreadEnds {
    return this.#ends[number]!;
  }

  /**
   * Takes in an execution.
   *
   * @param sequence - numbers of messages
   * @param own - by thread, the number of its ends
   * @param origin - the sequence that was looked at, perhaps under other names
   */
  push(sequence: readonly number[], own: readonly number[], origin: readonly number[]): void {
    const row = this.#row;
    row.reset();
    row.push(sequence.length);
    for (const number of this.#final?.of(sequence) ?? sequence) row.push(number);
    for (const number of own) row.push(number);
    const known = this.#table.intern(row);
    if (known < this.sequences.length && !this.#sooner(known, sequence, origin)) return;
    this.#origins[known] = origin;
    this.sequences[known] = sequence;
    this.own[known] = own;
  }

  /** Is it to be shown with this sequence rather than with the one it has? */
  #sooner(known: number, sequence: readonly number[], origin: readonly number[]): boolean {
    const apart = this.#messages.compare(origin, this.#origins[known]!);
    return apart < 0 || (apart === 0 && this.#messages.compare(sequence, this.sequences[known]!) < 0);
  }

  /** Places of the executions, in the order of their sequences. */
  inOrder(): number[] {
    const { sequences } = this;
    return sequences.map((_, place) => place).sort((a, b) => this.#messages.compare(sequences[a]!, sequences[b]!));
  }

  sent(model: PortableModel<unknown, Message>): SentExecutions {
    const outcomes = new Map<string, number>();
    const keys = new Map<number, number>();
    const ends = this.#ends.map((end) => ({
      outcomes: end.outcomes.map((outcome) => place(outcomes, outcome)),
      races: end.races.map(({ key, values }) => ({ key: place(keys, key), values })),
    }));
    return {
      sequences: this.sequences,
      origins: this.#origins,
      own: this.own,
      ends,
      outcomes: [...outcomes.keys()].map((outcome) => model.sent(outcome)),
      keys: [...keys.keys()].map((key) => model.sentKey(key)),
    };
  }

  /**
   * Takes in executions that another search has found.
   *
   * @param sent - by that one
   * @param numbers - by its number of a message, the number here
   * @param model - knows how outcomes were sent
   */
  adopt(sent: SentExecutions, numbers: readonly number[], model: PortableModel<unknown, Message>): void {
    const outcomes = sent.outcomes.map((outcome) => model.received(outcome));
    const keys = sent.keys.map((key) => model.receivedKey(key));
    const ends = sent.ends.map((end) =>
      this.number({
        outcomes: end.outcomes.map((outcome) => outcomes[outcome]!),
        races: end.races.map(({ key, values }) => ({ key: keys[key]!, values })),
      }),
    );
    const named = (sequence: readonly number[]): number[] => sequence.map((number) => numbers[number]!);
    sent.sequences.forEach((sequence, at) => {
      const own = sent.own[at]!.map((number) => ends[number]!);
      this.push(named(sequence), own, named(sent.origins[at]!));
    });
  }

  /** An outcome without numbers that only this model knows. */
  #text(outcome: string): string {
    if (this.#model.sent === undefined) return outcome;
    let text = this.#outcomes.get(outcome);
    if (text === undefined) {
      text = JSON.stringify(this.#model.sent(outcome));
      this.#outcomes.set(outcome, text);
    }
    return text;
  }
}

/** The greatest first: of two instructions torn out of an old one and a new one, that is mostly the one that begins as the old one does. */
function byText({ text: one }: { readonly text: string }, { text: other }: { readonly text: string }): number {
  return one > other ? -1 : one < other ? 1 : 0;
}

function place<Key>(places: Map<Key, number>, key: Key): number {
  const place = places.get(key) ?? places.size;
  places.set(key, place);
  return place;
}
