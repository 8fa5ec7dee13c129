import type { Messages } from "./messages.js";
import type { Notices } from "./notices.js";
import { mostOccurrences, occurrencesOf } from "./occurrence.js";
import { SequenceList, SequenceSet } from "./sequence-list.js";
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
  readonly #messages: Messages<Message>;
  readonly #notices: Notices<Message>;
  readonly #on: boolean;
  readonly #order: boolean;
  readonly #symmetry: Symmetry<Message>;
  readonly #compared = new Set<number>();
  /** Two occurrences for each pair that is compared, as it was met. */
  readonly learnt: number[] = [];
  /** Sequences left out for what is not compared, and how much was compared when they were last asked about. */
  #left = new SequenceList();
  #askedAt = 0;
  /** Sequences whose runs' comparisons are known: looked at, or equal but for orders nobody can tell to one that was. */
  #covered = new SequenceSet();

  constructor(
    model: ThreadModel<unknown, Message>,
    messages: Messages<Message>,
    notices: Notices<Message>,
    options: IndependenceOptions,
    longest: number,
    symmetry: Symmetry<Message>,
  ) {
    this.#symmetry = symmetry;
    this.#model = model;
    this.#messages = messages;
    this.#notices = notices;
    this.#on = options.independence !== false && model.threads <= 30;
    this.#order = options.order !== false && longest < mostOccurrences;
  }

  /** Begins again: what threads notice has changed. */
  reset(): void {
    this.#compared.clear();
    this.learnt.length = 0;
    this.#left.clear();
    this.#askedAt = 0;
    this.#covered = new SequenceSet();
  }

  /** Learns what a thread's runs over a sequence compare: pairs of positions in it. */
  learn(sequence: readonly number[], compared: readonly number[]): void {
    if (compared.length === 0) return;
    const own = occurrencesOf(sequence);
    for (let i = 0; i < compared.length; i += 2) this.compare(own[compared[i]! - 1]!, own[compared[i + 1]! - 1]!);
  }

  /** Learns that two occurrences are compared. */
  compare(one: number, other: number): void {
    if (!this.#on || !this.#order) return;
    const before = this.#compared.size;
    this.#compared.add(this.#symmetry.pair(one, other));
    if (this.#compared.size > before) this.learnt.push(one, other);
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
    const known = this.#sooner(sequence);
    this.#covered.add(sequence);
    if (known) this.#left.push(sequence);
    return known;
  }

  /** Is one of the lesser sequences covered that have the last message earlier, past messages whose order with it nobody can tell? */
  #sooner(sequence: readonly number[]): boolean {
    const last = sequence.length - 1;
    const candidate = sequence[last]!;
    let own: readonly number[] | undefined;
    let other: number[] | undefined;
    for (let i = last - 1; i >= 0; i--) {
      const before = sequence[i]!;
      if (this.#ordered(before, candidate)) return false;
      if (this.#together(before, candidate)) {
        own ??= occurrencesOf(sequence);
        if (this.#compared.has(this.#symmetry.pair(own[i]!, own[last]!))) return false;
      }
      other ??= [...sequence];
      other[i + 1] = before;
      other[i] = candidate;
      if (this.#messages.before(candidate, before) && this.#covered.has(other)) return true;
    }
    return false;
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
      if (this.#ordered(before, candidate)) return "no";
      if (this.#together(before, candidate)) {
        if (!order || !this.#order) return "no";
        own ??= occurrencesOf(sequence);
        if (this.#compared.has(this.#symmetry.pair(own[i]!, own[last]!))) return "no";
        by = "compared";
      }
      if (this.#messages.before(candidate, before)) return by;
    }
    return "no";
  }

  #ordered(one: number, other: number): boolean {
    return one === other || this.#model.ordered(this.#messages.of(one), this.#messages.of(other));
  }

  /** Does some thread notice both? */
  #together(one: number, other: number): boolean {
    return (this.#notices.of(one) & this.#notices.of(other)) !== 0;
  }

  /** Sequences left out for reasons that have turned out not to hold. */
  reconsidered(): (readonly number[])[] {
    if (this.#askedAt === this.#compared.size) return [];
    this.#askedAt = this.#compared.size;
    const left = this.#left;
    this.#left = new SequenceList();
    return [...left].filter((sequence) => !this.redundant(sequence));
  }
}
