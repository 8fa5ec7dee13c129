/**
 * What one step of a thread sees of the world: the message list, and the choices the search makes for it.
 *
 * A step is written in direct style and run once for every combination of choices: `choose` answers differently each time.
 * When there is nothing to choose from, the step is `dead`: it may run on with meaningless values, the search drops it.
 */
export class Run<Message> {
  /** Messages by timestamp minus one: the memory sequence, then this thread's own messages appended while certifying. */
  readonly memory: Message[] = [];
  /** The step cannot happen with the choices made so far. */
  dead = false;
  /** Set while a path is being told: the step should then describe itself with `tell`. */
  telling = false;
  readonly told: string[] = [];

  /** Timestamps of this thread's promises not yet fulfilled, ascending. */
  promises: number[] = [];
  /** Numbers of the messages appended beyond the memory sequence, in order. */
  tail: number[] = [];
  /** Messages this step appended although the thread could have promised them right after the memory sequence. */
  readonly promisable: number[] = [];
  /** Pairs key, value recorded by `compete`. */
  readonly competing: number[] = [];
  readonly choices: number[] = [];

  readonly #arity: number[] = [];
  #position = 0;
  #sequence: readonly number[] = [];
  readonly #number: (message: Message) => number;
  readonly #message: (number: number) => Message;

  constructor(number: (message: Message) => number, message: (number: number) => Message) {
    this.#number = number;
    this.#message = message;
  }

  /** Points this run at a memory sequence (message numbers). */
  enter(sequence: readonly number[]): void {
    this.#sequence = sequence;
    this.memory.length = 0;
    for (const number of sequence) this.memory.push(this.#message(number));
  }

  /** Makes ready for the next combination of choices from a node's outstanding promises and appended messages. */
  begin(promises: readonly number[], tail: readonly number[]): void {
    this.dead = false;
    this.#position = 0;
    this.promises = promises as number[];
    this.tail = tail as number[];
    this.memory.length = this.#sequence.length;
    for (const number of tail) this.memory.push(this.#message(number));
    this.promisable.length = 0;
    this.competing.length = 0;
    this.told.length = 0;
  }

  /** Moves on to the next combination of choices; false when all were had. */
  advance(): boolean {
    let last = this.choices.length - 1;
    while (last >= 0 && this.choices[last]! + 1 >= this.#arity[last]!) last--;
    this.choices.length = last + 1;
    this.#arity.length = last + 1;
    if (last < 0) return false;
    this.choices[last]!++;
    return true;
  }

  /** Forces the choices of the next step, to replay it. */
  force(choices: readonly number[]): void {
    this.choices.length = 0;
    this.#arity.length = 0;
    for (const choice of choices) {
      this.choices.push(choice);
      this.#arity.push(0);
    }
  }

  /** One of `0 … count - 1`; with nothing to choose from the step is dead. */
  choose(count: number): number {
    if (count <= 1) {
      if (count < 1) this.dead = true;
      return 0;
    }
    const position = this.#position++;
    if (position === this.choices.length) {
      this.choices.push(0);
      this.#arity.push(count);
    }
    return this.choices[position]!;
  }

  /** The step cannot happen. */
  block(): void {
    this.dead = true;
  }

  /**
   * Puts a message later than `bound`: at one of the thread's promises of the same message, or appended at the end of memory
   * (then the run is only a certificate: it shows what the thread could promise next). Returns the timestamp.
   */
  write(message: Message, bound: number): number {
    if (this.dead) return 0;
    const number = this.#number(message);
    const places: number[] = [];
    for (const timestamp of this.promises) {
      if (timestamp > bound && this.#sequence[timestamp - 1] === number) places.push(timestamp);
    }
    const at = this.choose(places.length + 1);
    if (at < places.length) {
      const timestamp = places[at]!;
      this.promises = this.promises.filter((promised) => promised !== timestamp);
      return timestamp;
    }
    // Only a message whose bound lies within the shared sequence can be promised now: others depend on what is not there yet.
    if (bound <= this.#sequence.length) this.promisable.push(number);
    this.tail = [...this.tail, number];
    this.memory.push(message);
    return this.memory.length;
  }

  /**
   * Records that, of several values this step could take for `key`, it took `value`. Values of one key at one state that can
   * each still lead to the end of the thread's program are reported together as a race.
   */
  compete(key: number, value: number): void {
    this.competing.push(key, value);
  }

  /** Describes the step; costs nothing unless a path is being told. */
  tell(text: () => string): void {
    if (this.telling) this.told.push(text());
  }
}
