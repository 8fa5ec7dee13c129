import { ChunkedInts } from "./chunked-ints.js";
import type { Race, ThreadResult } from "./thread-graph.js";

/** What one thread may end with in an execution, and what it raced for. */
export interface ThreadEnds {
  readonly outcomes: readonly string[];
  readonly races: readonly Race[];
}

/** Executions that were found: the numbers of their messages, and of what each thread did, which is the same in very many of them. */
export class Executions {
  readonly #threads: number;
  #ints = new ChunkedInts((length) => new Int32Array(length));
  #starts: number[] = [];
  #ends: ThreadEnds[] = [];
  #numbers = new Map<readonly string[], number>();
  /** By the number of a thread's ends: equal for ends with the same contents. */
  #contents: number[] = [];
  readonly #texts = new Map<string, number>();

  constructor(threads: number) {
    this.#threads = threads;
  }

  get size(): number {
    return this.#starts.length;
  }

  clear(): void {
    this.#ints = new ChunkedInts((length) => new Int32Array(length));
    this.#starts = [];
    this.#ends = [];
    this.#numbers = new Map();
    this.#contents = [];
  }

  /** A number for what a thread ends with; its list of outcomes is what it is known by. */
  number({ outcomes, races }: ThreadEnds | ThreadResult): number {
    let number = this.#numbers.get(outcomes);
    if (number === undefined) {
      number = this.#ends.push({ outcomes, races }) - 1;
      this.#numbers.set(outcomes, number);
    }
    return number;
  }

  ends(number: number): ThreadEnds {
    return this.#ends[number]!;
  }

  /** Equal for ends that are the same but for the order in which they were found. */
  content(number: number): number {
    let content = this.#contents[number];
    if (content === undefined) {
      const { outcomes, races } = this.#ends[number]!;
      const text = JSON.stringify([[...outcomes].sort(), races.map((race) => JSON.stringify(race)).sort()]);
      content = this.#texts.get(text) ?? this.#texts.size;
      this.#texts.set(text, content);
      this.#contents[number] = content;
    }
    return content;
  }

  /**
   * @param sequence - numbers of messages
   * @param ends - by thread, the number of its ends
   */
  push(sequence: readonly number[], ends: readonly number[]): void {
    this.#starts.push(this.#ints.length);
    this.#ints.push(sequence.length);
    for (const number of sequence) this.#ints.push(number);
    for (const number of ends) this.#ints.push(number);
  }

  sequence(index: number): number[] {
    const start = this.#starts[index]!;
    return this.#read(start + 1, this.#ints.at(start));
  }

  endsOf(index: number): number[] {
    const start = this.#starts[index]!;
    return this.#read(start + 1 + this.#ints.at(start), this.#threads);
  }

  #read(start: number, length: number): number[] {
    const found: number[] = [];
    for (let i = 0; i < length; i++) found.push(this.#ints.at(start + i));
    return found;
  }
}
