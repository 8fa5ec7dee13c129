/**
 * What one step of a thread sees of the world: the message list, and the choices the search makes for it.
 *
 * A step is written in direct style and run once for every combination of choices: `choose` answers differently each time.
 * When there is nothing to choose from, the step is `dead`: it may run on with meaningless values, the search drops it.
 *
 * @example
 * ```ts
 * const run = new Run<string>(
 *   () => 0,
 *   () => "",
 * );
 * const seen: string[] = [];
 * do {
 *   run.begin([], []);
 *   seen.push(`${run.choose(2)}${run.choose(2)}`);
 * } while (run.advance());
 * seen; // ["00", "01", "10", "11"]
 * ```
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

  /**
   * By position, as bits: the positions its message was compared with; those it was compared with if a view of the thread stands for them;
   * the promises still to be kept; the messages that some view of the thread may stand for, of all steps kept and of this one.
   */
  #compared: Int32Array = new Int32Array(0);
  #viewed: Int32Array = new Int32Array(0);
  #owed: Int32Array = new Int32Array(0);
  #picked: Int32Array = new Int32Array(0);
  #fresh: Int32Array = new Int32Array(0);
  /** By position, for messages of other threads: what distinguishes one from another to a thread that wrote neither. */
  #likeness: readonly (string | undefined)[] = [];
  readonly #arity: number[] = [];
  #position = 0;
  #sequence: readonly number[] = [];
  readonly #number: (message: Message) => number;
  readonly #message: (number: number) => Message;

  /**
   * Makes the run of one thread; the search does.
   *
   * @param number - of a message, a new one where it was not known
   * @param message - of a number
   */
  constructor(number: (message: Message) => number, message: (number: number) => Message) {
    this.#number = number;
    this.#message = message;
  }

  /**
   * Points this run at a memory sequence (message numbers). `likeness` is undefined for the thread's own messages; other messages of which it
   * is the same differ in nothing but who wrote them.
   *
   * @param sequence - numbers of messages, the earliest first
   * @param likeness - texts of messages that are equal for a thread that wrote neither
   */
  enter(sequence: readonly number[], likeness?: (message: Message, number: number) => string | undefined): void {
    this.#sequence = sequence;
    this.memory.length = 0;
    for (const number of sequence) this.memory.push(this.#message(number));
    const words = (sequence.length + 31) >>> 5;
    this.#owed = new Int32Array(words);
    this.#compared = new Int32Array(words * sequence.length);
    this.#viewed = new Int32Array(words * sequence.length);
    this.#picked = new Int32Array(words);
    this.#fresh = new Int32Array(words);
    if (likeness === undefined) return;
    this.#likeness = this.memory.map((message, i) => likeness(message, sequence[i]!));
    this.#likeness.forEach((like, i) => {
      if (like === undefined) this.#picked[i >>> 5]! |= 1 << (i & 31);
    });
  }

  /**
   * Makes ready for the next combination of choices from a node's outstanding promises and appended messages.
   *
   * @param promises - positions of promises that are not written yet
   * @param tail - numbers of messages that the thread has appended
   */
  begin(promises: readonly number[], tail: readonly number[]): void {
    this.dead = false;
    this.#position = 0;
    this.promises = promises as number[];
    this.tail = tail as number[];
    this.memory.length = this.#sequence.length;
    for (const number of tail) this.memory.push(this.#message(number));
    this.promisable.length = 0;
    this.competing.length = 0;
    this.#fresh.fill(0);
    this.told.length = 0;
    this.#owed.fill(0);
    for (const timestamp of promises) this.#owed[(timestamp - 1) >>> 5]! |= 1 << ((timestamp - 1) & 31);
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

  /**
   * One of `0 … count - 1`; with nothing to choose from the step is dead.
   *
   * @param count - from 0
   */
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
   *
   * `wide` is the part of the bound that may stand for any earlier message; the rest stands only for messages that `near` tells.
   *
   * @param message - what is written
   * @param bound - position that it must come after
   * @param wide - the part of the bound that may stand for any earlier message
   * @param near - tells the messages that the rest of the bound stands for
   */
  write(message: Message, bound: number, wide: number = bound, near?: (message: Message) => boolean): number {
    if (this.dead) return 0;
    const number = this.#number(message);
    const places: number[] = [];
    for (const timestamp of this.promises) {
      if (this.#sequence[timestamp - 1] !== number) continue;
      if (bound <= this.#sequence.length) {
        this.later(wide, timestamp);
        for (let t = near === undefined ? 0 : bound; t > wide; t--) {
          if (near!(this.memory[t - 1]!)) this.compare(t, timestamp);
        }
      }
      if (timestamp > bound) places.push(timestamp);
    }
    const at = this.choose(places.length + 1);
    if (at < places.length) {
      const timestamp = places[at]!;
      this.promises = this.promises.filter((promised) => promised !== timestamp);
      this.#owed[(timestamp - 1) >>> 5]! &= ~(1 << ((timestamp - 1) & 31));
      return timestamp;
    }
    // Only a message whose bound lies within the shared sequence can be promised now: others depend on what is not there yet.
    if (bound <= this.#sequence.length) this.promisable.push(number);
    this.tail = [...this.tail, number];
    this.memory.push(message);
    return this.memory.length;
  }

  /**
   * Records that what this step reads, fetches or takes is from this message: a view may stand for it from here on.
   *
   * @param position - of the message, from 1; 0 is what was there before
   */
  pick(position: number): void {
    if (position > 0 && position <= this.#sequence.length)
      this.#fresh[(position - 1) >>> 5]! |= 1 << ((position - 1) & 31);
  }

  /** The step was possible: what it picked, views may stand for. */
  keep(): void {
    for (let word = 0; word < this.#fresh.length; word++) this.#picked[word]! |= this.#fresh[word]!;
  }

  /**
   * Records that the step asks whether the message at a position is later than a view. The view may stand for any set of messages at
   * or before it that the thread has written or picked; the message at the view is one of them. So when the answer is no, that one is
   * reason enough; when one of the messages was appended, whatever the order of the sequence is.
   *
   * @param view - a position that stands for what was seen
   * @param position - of the message
   */
  later(view: number, position: number): void {
    const length = this.#sequence.length;
    if (position > length || view > length || view === position) return;
    if (view > position) {
      this.compare(view, position);
      return;
    }
    const words = this.#owed.length;
    for (let word = 0; word << 5 < view; word++) {
      const last = view - (word << 5);
      const bits = last >= 32 ? -1 : (1 << last) - 1;
      this.#viewed[(position - 1) * words + word]! |= bits & ~this.#owed[word]!;
      // What this very step picked counts even when the step turns out not to be possible.
      this.#compared[(position - 1) * words + word]! |= bits & ~this.#owed[word]! & this.#fresh[word]!;
    }
  }

  /**
   * Is the message at this position one that this thread has promised and not written yet? Reading it would break the promise.
   *
   * @param position - of the message, from 1
   */
  owes(position: number): boolean {
    return this.promises.includes(position);
  }

  /**
   * Records that the step depends on which of two messages is the later one.
   *
   * @param position - of one message
   * @param other - of the other one
   */
  compare(position: number, other: number): void {
    if (position < 1 || other < 1 || position > this.#sequence.length || other > this.#sequence.length) return;
    this.#compared[(position - 1) * this.#owed.length + ((other - 1) >>> 5)]! |= 1 << ((other - 1) & 31);
  }

  /**
   * All pairs of different positions recorded since the sequence was entered, but for those that others imply (see `Independence`). Where one
   * is a message that this thread cannot tell from another one, the pairs with that one are among them; the two of each other are not.
   */
  compared(): number[] {
    const length = this.#sequence.length;
    const words = this.#owed.length;
    const alike = this.#alike();
    /** By position: the earlier positions compared with it, as bits. */
    const earlier = new Int32Array(words * length);
    for (let position = 1; position <= length; position++) {
      for (let word = 0; word < words; word++) {
        // Which messages views stand for is known only now: another branch of the search may have picked more.
        const at = (position - 1) * words + word;
        for (let bits = this.#compared[at]! | (this.#viewed[at]! & this.#picked[word]!); bits !== 0; bits &= bits - 1) {
          const other = (word << 5) + 32 - Math.clz32(bits & -bits);
          const [ones, others] = [alike[position - 1]!, alike[other - 1]!];
          if (ones === others) continue;
          for (const one of ones) {
            for (const two of others) {
              const [low, high] = [Math.min(one, two) - 1, Math.max(one, two) - 1];
              earlier[high * words + (low >>> 5)]! |= 1 << (low & 31);
            }
          }
        }
      }
    }
    return withoutImplied(earlier, length, words);
  }

  /** By position, the positions of the messages that this thread cannot tell from the one there, this one among them. */
  #alike(): readonly (readonly number[])[] {
    const classes = new Map<string, number[]>();
    return this.#sequence.map((_, i) => {
      const like = this.#likeness[i];
      if (like === undefined) return [i + 1];
      const known = classes.get(like);
      if (known === undefined) {
        const fresh = [i + 1];
        classes.set(like, fresh);
        return fresh;
      }
      known.push(i + 1);
      return known;
    });
  }

  /**
   * Records that, of several values this step could take for `key`, it took `value`. Values of one key at one state that can
   * each still lead to the end of the thread's program are reported together as a race.
   *
   * @param key - what is chosen for
   * @param value - what was chosen
   */
  compete(key: number, value: number): void {
    this.competing.push(key, value);
  }

  /**
   * Describes the step; costs nothing unless a path is being told.
   *
   * @param text - makes the description, only when one is wanted
   */
  tell(text: () => string): void {
    if (this.telling) this.told.push(text());
  }
}

/**
 * The pairs of a relation from earlier to later positions that no others of it imply, positions from 1. Messages whose order is kept are in
 * one order with all that is between them: where a is kept before b and b before c, nothing is said by keeping a before c.
 */
function withoutImplied(earlier: Int32Array, length: number, words: number): number[] {
  /** By position: all that must come before it. */
  const before = new Int32Array(words * length);
  const pairs: number[] = [];
  for (let at = 0; at < length; at++) {
    const start = at * words;
    // The latest first: what comes before it is implied.
    for (let low = at - 1; low >= 0; low--) {
      const [word, bit] = [low >>> 5, 1 << (low & 31)];
      if ((earlier[start + word]! & bit) === 0 || (before[start + word]! & bit) !== 0) continue;
      pairs.push(low + 1, at + 1);
      before[start + word]! |= bit;
      for (let i = 0; i < words; i++) before[start + i]! |= before[low * words + i]!;
    }
  }
  return pairs;
}
