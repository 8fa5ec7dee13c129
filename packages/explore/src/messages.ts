/**
 * The messages of a search, by number, and the one order of them that decides which of several equal sequences is looked at.
 *
 * Numbers are given as messages are met, so two searches of one program that go different ways give different ones. The order is the same
 * for all that were sealed with the same messages: those come first, as they were met, and behind them all others by their identity, which
 * has nothing to do with when they are met. So searches that share the work agree on which sequence is the least of its kind.
 */
export class Messages<Message> {
  readonly #identity: (message: Message) => string;
  readonly #all: Message[] = [];
  readonly #identities: string[] = [];
  readonly #numbers = new Map<string, number>();
  /** By number: the place in the order among those known. */
  readonly #rank: number[] = [];
  /** Numbers of the messages behind the sealed ones, in order. */
  readonly #behind: number[] = [];
  #sealed = Number.POSITIVE_INFINITY;

  constructor(identity: (message: Message) => string) {
    this.#identity = identity;
  }

  /** By number. */
  all(): readonly Message[] {
    return this.#all;
  }

  of(number: number): Message {
    return this.#all[number]!;
  }

  identity(number: number): string {
    return this.#identities[number]!;
  }

  number(message: Message): number {
    const identity = this.#identity(message);
    const known = this.#numbers.get(identity);
    if (known !== undefined) return known;
    const number = this.#all.push(message) - 1;
    this.#identities.push(identity);
    this.#numbers.set(identity, number);
    this.#rank.push(number);
    if (number >= this.#sealed) this.#place(number);
    return number;
  }

  /** The messages known now come before all others from here on. Sealed once, it stays sealed. */
  seal(): void {
    if (this.#sealed === Number.POSITIVE_INFINITY) this.#sealed = this.#all.length;
  }

  /** The messages that come first, once sealed. */
  sealed(): readonly Message[] {
    return this.#all.slice(0, this.#sealed);
  }

  /** Does the one message come before the other? */
  before(one: number, other: number): boolean {
    return this.#rank[one]! < this.#rank[other]!;
  }

  /** Sequences by the first message in which they differ, beginnings first: negative, 0 or positive. */
  compare(one: ArrayLike<number>, other: ArrayLike<number>): number {
    const length = Math.min(one.length, other.length);
    for (let i = 0; i < length; i++) {
      const apart = this.#rank[one[i]!]! - this.#rank[other[i]!]!;
      if (apart !== 0) return apart;
    }
    return one.length - other.length;
  }

  #place(number: number): void {
    const identity = this.#identities[number]!;
    let at = this.#behind.findIndex((other) => identity < this.#identities[other]!);
    if (at < 0) at = this.#behind.length;
    this.#behind.splice(at, 0, number);
    for (let i = at; i < this.#behind.length; i++) this.#rank[this.#behind[i]!] = this.#sealed + i;
  }
}
