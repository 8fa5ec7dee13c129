import { keyOf, mostOccurrences, occurrencesOf } from "./occurrence.js";
import type { Symmetry } from "./symmetry.js";
import type { ThreadModel } from "./thread-model.js";

/** Which reductions of memory sequences are on; each is off only to test that it changes nothing. */
export interface IndependenceOptions {
  readonly independence?: boolean | undefined;
  readonly order?: boolean | undefined;
}

/**
 * Tells which memory sequences need not be looked at because another one, which is, differs only in the order of messages that
 * nobody can tell.
 *
 * **What is independent.** Two messages next to each other may swap places when memory does not keep their order (`ordered`) and no
 * thread can tell it. A thread cannot tell when it does not notice both (`independence`), or when none of its runs compares them
 * (`order`).
 *
 * **Why the second is sound.** A view is a position, but what it stands for is a set of messages: those a thread read, fetched or
 * wrote on the way to it; the position is the latest of them. Say a run compares two messages when it asks whether the one is later
 * than a view whose set has the other in it, or than the other itself. Against two sequences that differ by a swap of neighbours which
 * no run over the first compares, a thread has the same runs, sets of messages for sets: every question has the same answer, for the
 * only pair of messages whose order differs is never asked about. So outcomes, candidates and races are the same, and the runs over the
 * second compare no more than those over the first. A model must report (`Run.later`, `Run.compare`, `Run.pick`) at least the pairs its
 * questions compare; the sets are not kept, so what counts is all that can be in them: what is at or before the view, is no promise still
 * to be kept, and was written or picked by the thread in any of its runs. A state dropped because a promise came too early reports what it
 * came too early for. A choice dropped because another one leaves an earlier view (dominance) reports what makes that view the earlier one:
 * then the kept choice is as good against the other sequence, where the runs looked at here are the images of those over the first.
 *
 * **Messages that are alike** (`likeness`) differ in nothing but who wrote them. To a thread that wrote neither, two sequences in which they
 * have changed places are one and the same, so it compares them with each other to no end; but what it compares the one with, it
 * compares the other with after the change, so both are reported (`Run.compared`). Then the runs over the second still compare no more.
 *
 * **What is implied** is left out of what is compared: where a run compares a message with a later one, and that with a still later one, the
 * first and the last are kept in their order by the other two pairs, so no swap of neighbours ever turns them round. Over another sequence,
 * in which they are neighbours, a run that compares them says so itself. The sequences that swaps lead to are the same, and what is compared
 * over those is the image of what is compared here, so the implied pairs of the one are the implied pairs of the other. Messages that are
 * alike are compared with the same others, so of two of them both are implied, or neither is.
 *
 * **Which sequence is kept.** The lexicographically least of each class (Anisimov and Knuth's normal form of a trace): its prefixes are
 * least in theirs, so leaving out a message where it could have come before a higher number loses no class. What a sequence's own runs
 * compare must be known before it is left out: the swapped sequence may not be possible at all, and only these runs tell (`redundant`).
 * It is known without them where the swapped sequence was looked at, and is one that compares none of what is swapped: then the
 * runs over the two are the same (`covered`). What is compared only grows: what was left out is asked about again in the end.
 */
export class Independence<Message> {
  readonly #model: ThreadModel<unknown, Message>;
  readonly #message: (number: number) => Message;
  readonly #on: boolean;
  readonly #order: boolean;
  readonly #symmetry: Symmetry<Message>;
  readonly #compared = new Set<number>();
  /** By message: which threads notice it, as bits. Good for the relevance it was worked out with. */
  #noticed: number[] = [];
  #left: (readonly number[])[] = [];
  /** Sequences whose runs' comparisons are known: looked at, or equal but for orders nobody can tell to one that was. */
  readonly #covered = new Set<string>();

  constructor(
    model: ThreadModel<unknown, Message>,
    message: (number: number) => Message,
    options: IndependenceOptions,
    longest: number,
    symmetry: Symmetry<Message>,
  ) {
    this.#symmetry = symmetry;
    this.#model = model;
    this.#message = message;
    this.#on = options.independence !== false && model.threads <= 30;
    this.#order = options.order !== false && longest < mostOccurrences;
  }

  /** Begins again: what threads notice has changed. */
  reset(): void {
    this.#noticed = [];
    this.#left = [];
    this.#covered.clear();
  }

  /** Learns what a thread's runs over a sequence compare: pairs of positions in it. */
  learn(sequence: readonly number[], compared: readonly number[]): void {
    if (!this.#on || !this.#order || compared.length === 0) return;
    const own = occurrencesOf(sequence);
    for (let i = 0; i < compared.length; i += 2) {
      this.#compared.add(this.#symmetry.pair(own[compared[i]! - 1]!, own[compared[i + 1]! - 1]!));
    }
  }

  /** Can the last message of this sequence come earlier although some thread notices both it and what it passes? Ask when `learn` was. */
  redundant(sequence: readonly number[]): boolean {
    const assumed = this.#earlier(sequence, true);
    if (assumed === "compared") this.#left.push(sequence);
    return assumed !== "no";
  }

  /**
   * Is this sequence one that was covered before but for orders that nobody can tell? Then it need not be looked at: nothing is learnt from it.
   * Says no once for each sequence that is about to be looked at.
   */
  covered(sequence: readonly number[]): boolean {
    if (!this.#on || !this.#order) return false;
    const key = keyOf(sequence);
    const known = this.#sooner(sequence).some((other) => this.#covered.has(keyOf(other)));
    this.#covered.add(key);
    if (known) this.#left.push(sequence);
    return known;
  }

  /** The smaller sequences that have the last message earlier, past messages whose order with it nobody can tell. */
  #sooner(sequence: readonly number[]): (readonly number[])[] {
    const last = sequence.length - 1;
    const candidate = sequence[last]!;
    const own = occurrencesOf(sequence);
    const found: (readonly number[])[] = [];
    for (let i = last - 1; i >= 0; i--) {
      const before = sequence[i]!;
      if (before === candidate || this.#model.ordered(this.#message(before), this.#message(candidate))) break;
      const noticed = (this.#notices(before) & this.#notices(candidate)) !== 0;
      if (noticed && this.#compared.has(this.#symmetry.pair(own[i]!, own[last]!))) break;
      if (candidate < before) found.push([...sequence.slice(0, i), candidate, ...sequence.slice(i, last)]);
    }
    return found;
  }

  /** Can the last message come earlier, past messages that no thread notices besides it? Nothing need be known about the sequence. */
  plainlyRedundant(sequence: readonly number[]): boolean {
    return this.#earlier(sequence, false) !== "no";
  }

  #earlier(sequence: readonly number[], order: boolean): "no" | "unnoticed" | "compared" {
    if (!this.#on) return "no";
    const last = sequence.length - 1;
    const candidate = sequence[last]!;
    let own: readonly number[] | undefined;
    let by: "unnoticed" | "compared" = "unnoticed";
    for (let i = last - 1; i >= 0; i--) {
      const before = sequence[i]!;
      if (before === candidate || this.#model.ordered(this.#message(before), this.#message(candidate))) return "no";
      if ((this.#notices(before) & this.#notices(candidate)) !== 0) {
        if (!order || !this.#order) return "no";
        own ??= occurrencesOf(sequence);
        if (this.#compared.has(this.#symmetry.pair(own[i]!, own[last]!))) return "no";
        by = "compared";
      }
      if (candidate < before) return by;
    }
    return "no";
  }

  /** Sequences left out for reasons that have turned out not to hold. */
  reconsidered(): (readonly number[])[] {
    const left = this.#left;
    this.#left = [];
    return left.filter((sequence) => !this.redundant(sequence));
  }

  #notices(number: number): number {
    let bits = this.#noticed[number];
    if (bits === undefined) {
      bits = 0;
      const message = this.#message(number);
      for (let thread = 0; thread < this.#model.threads; thread++) {
        if (this.#model.author(message) === thread || this.#model.relevant(thread, message)) bits |= 1 << thread;
      }
      this.#noticed[number] = bits;
    }
    return bits;
  }
}
