import { Effort, type Watched } from "./effort.js";
import { defaultLimits, type Limits } from "./limits.js";
import { packOccurrences, packSequences, unpackOccurrences, unpackSequences } from "./packet.js";
import { type Execution, type PromiseFirstResult, result, show } from "./promise-first.js";
import type { PartAnswer, PartAsk } from "./search-part.js";
import { type Reductions, SequenceSearch } from "./sequence-search.js";
import type { PortableModel } from "./thread-model.js";
import { packRuns, type SentRuns } from "./thread-runs.js";

/** A {@link SearchPart}, wherever it is. */
export interface Part<Message> {
  ask(asked: PartAsk<Message>): Promise<PartAnswer<Message>>;
}

/** What bounds the search, which reductions are on, and how its work is divided. */
export interface PartsOptions extends Reductions, Watched {
  readonly limits?: Partial<Limits>;
  /** Sequences that are looked at here before any part is started: small searches need none. */
  readonly alone?: number;
  /** How long a part works before it answers, and how many sequences it looks at: about. */
  readonly milliseconds?: number;
  readonly sequences?: number;
}

/** A part, and what is known of it. */
interface Hand<Message> {
  readonly part: Part<Message>;
  waiting: number;
  /** How much it was told of what all have learnt. */
  told: number;
  /** What it handed out, and nobody took. */
  spare: number[][];
  /** What others have found out that threads do, and it was not told yet. */
  runs: SentRuns<Message>[];
}

/**
 * {@link promiseFirst}, its work divided among parts that may run at the same time. What it finds is the same: the same executions, in the
 * same order.
 *
 * **What is divided.** A stack of sequences, each with all that begins with it, falls into stacks that have nothing in common. Each part
 * searches one, and hands out the sequences nearest to its beginning to parts that have nothing to do.
 *
 * **Why the same is found.** The search looks at the least of all sequences that differ in orders nobody can tell (`Independence`) and in
 * names (`Symmetry`). Which is the least depends on the order of messages, the same in all parts (`Messages`), and on what is compared.
 * Everything that begins a least sequence is least, so it is reached in whichever part has its beginning, and left out in none; any other
 * sequence can put one of its messages before a greater one, and is left out by the part that has it, whether or not the part has the lesser
 * one: that one is not needed to leave it out, only to do so without looking at it (`covered`).
 *
 * **What one part learns, another must know.** A sequence that is left out here because nobody compares two messages may be the image of
 * one, elsewhere, that goes on to where they are compared. What is compared only grows. So the parts tell each other, and each asks again
 * about what it left out, until none has learnt anything that another does not know: then all have left out by the same relation, as one
 * search does when it ends. Which pairs are recorded beyond those that must be depends on the sequences that were looked at; what is found does
 * not: executions that nobody can tell apart are one (`Executions`). Where a part finds that threads notice more than was known, all begin
 * again, knowing that.
 * What a thread was seen to do they tell each other too, which only saves time: a run depends on nothing but the messages that it is against.
 *
 * **Limits** hold for all parts together. Each knows what the others had done when it was asked last, so steps and memory sequences may go
 * beyond their limits by what the others do until they answer. A limit that any part meets ends the search as not complete.
 *
 * @param model - the threads; each part has a model of the same
 * @param onExecution - is shown every execution once
 * @param start - makes the parts, when they are needed
 * @param options - limits, reductions, and how work is divided
 *
 * @example
 * ```ts
 * // See SearchPart for `threads`, and for parts that do something.
 * const options = { alone: 1000 };
 * // await promiseFirstInParts(threads, (execution) => …, () => workers, options);
 * options.alone; // 1000
 * ```
 */
export async function promiseFirstInParts<State, Message>(
  model: PortableModel<State, Message>,
  onExecution: (execution: Execution<Message>) => void,
  start: () => readonly Part<Message>[],
  options: PartsOptions = {},
): Promise<PromiseFirstResult> {
  const effort = new Effort({ ...defaultLimits, ...options.limits }, options);
  const search = new DividedSearch(model, start, options, effort);
  await search.run();
  show(search.home, onExecution);
  return result(search.home, effort);
}

class DividedSearch<State, Message> {
  /** What is done here: the first sequences, and all that must be in one place. */
  readonly home: SequenceSearch<State, Message>;
  readonly #model: PortableModel<State, Message>;
  readonly #start: () => readonly Part<Message>[];
  readonly #effort: Effort;
  readonly #alone: number;
  readonly #pace: { readonly milliseconds: number; readonly sequences: number };
  #hands: readonly Hand<Message>[] = [];

  constructor(
    model: PortableModel<State, Message>,
    start: () => readonly Part<Message>[],
    options: PartsOptions,
    effort: Effort,
  ) {
    this.#model = model;
    this.#start = start;
    this.#effort = effort;
    this.#alone = Math.max(1, options.alone ?? 1000);
    this.#pace = { milliseconds: options.milliseconds ?? 50, sequences: options.sequences ?? Number.MAX_SAFE_INTEGER };
    this.home = new SequenceSearch(model, options, effort);
  }

  async run(): Promise<void> {
    const { home } = this;
    let divided = false;
    for (let ended = "grown"; ended === "grown" && this.#effort.limit === undefined; ) {
      home.begin();
      home.stack.push([]);
      home.runs = [];
      ended = await this.#here();
      divided = ended === "paused";
      if (divided) ended = await this.#apart();
    }
    // What parts have found of a search that began again here counts for nothing.
    for (const { part } of divided ? this.#hands : []) {
      const { found } = await part.ask({ ...this.#ask([], 0, []), finish: true });
      if (found !== undefined) home.adopt(found, this.#model);
    }
  }

  /** Searches here, up to where the parts take over. */
  async #here(): Promise<string> {
    const most = this.#effort.memories + this.#alone;
    const running = this.home.search(() => this.#effort.memories >= most);
    for (let breathed = Date.now(); ; ) {
      const { done, value } = running.next();
      if (done) return value;
      if (Date.now() - breathed < this.#pace.milliseconds) continue;
      await breathe();
      breathed = Date.now();
    }
  }

  /** Has the parts search what is on the stack, round by round. */
  async #apart(): Promise<"done" | "grown" | "limit"> {
    const { independence, messages, stack } = this.home;
    if (this.#hands.length === 0) {
      this.#hands = this.#start().map((part) => ({ part, waiting: 0, told: 0, spare: [], runs: [] }));
    }
    const begin = { order: messages.sealed(), noticed: this.#model.noticed() };
    const runs = [packRuns(messages, this.home.runs ?? [], this.#model)];
    for (const hand of this.#hands) {
      Object.assign(hand, { waiting: 0, told: 0, spare: [] });
      hand.runs.push(...runs);
    }
    this.home.runs = [];
    let first = true;
    for (;;) {
      if (this.#effort.ended()) return "limit";
      if (this.#hands.every(({ waiting, spare }) => waiting === 0 && spare.length === 0) && stack.length === 0) {
        for (const again of independence.reconsidered()) stack.push(again);
      }
      const roots = this.#dealt();
      const busy = this.#hands.map(
        ({ waiting, told }, i) => first || waiting > 0 || roots[i]!.length > 0 || told < independence.learnt.length,
      );
      if (!busy.includes(true)) return "done";
      const known = independence.learnt.length;
      const answers = await all(
        this.#hands.map(({ part, told, runs }, i) =>
          busy[i]
            ? part.ask({ ...this.#ask(roots[i]!, told, runs.splice(0)), ...(first ? { begin } : {}) })
            : undefined,
        ),
      );
      first = false;
      let grown = false;
      answers.forEach((answer, i) => {
        if (answer === undefined) return;
        this.#hands[i]!.told = known;
        for (const hand of this.#hands) if (hand !== this.#hands[i]) hand.runs.push(answer.runs);
        if (this.#take(this.#hands[i]!, answer)) grown = true;
      });
      this.#effort.report();
      if (grown) return this.#effort.limit === undefined ? "grown" : "limit";
    }
  }

  /** Sequences for each part: those that have none get what others handed out, and else these get it back. */
  #dealt(): readonly (readonly (readonly number[])[])[] {
    const { stack } = this.home;
    const idle = this.#hands.filter(({ waiting }) => waiting === 0);
    if (idle.length > 0) {
      for (const hand of this.#hands) {
        // Its own, where nobody else has anything: it would be idle.
        stack.push(...hand.spare);
        hand.spare = [];
      }
    }
    let left = idle.length;
    return this.#hands.map((hand) => {
      const own = hand.waiting > 0 ? hand.spare : stack.splice(0, Math.ceil(stack.length / left--));
      hand.spare = [];
      return own;
    });
  }

  #ask(roots: readonly (readonly number[])[], told: number, runs: readonly SentRuns<Message>[]): PartAsk<Message> {
    const { messages, independence } = this.home;
    const { states, steps, memories, seconds } = this.#effort;
    return {
      ...this.#pace,
      roots: packSequences(messages, roots),
      runs,
      learn: packOccurrences(messages, independence.learnt.slice(told)),
      done: { states, steps, memories },
      seconds,
      finish: false,
    };
  }

  /** Takes in what a part has done. Do threads notice more than was known? */
  #take(hand: Hand<Message>, { did, waiting, spare, learnt, grown, limit }: PartAnswer<Message>): boolean {
    const { messages, independence } = this.home;
    this.#effort.add(did);
    if (limit !== undefined) this.#effort.hit(limit);
    hand.waiting = waiting;
    hand.spare = unpackSequences(messages, spare);
    const upToDate = hand.told === independence.learnt.length;
    const pairs = unpackOccurrences(messages, learnt);
    for (let i = 0; i < pairs.length; i += 2) independence.compare(pairs[i]!, pairs[i + 1]!);
    if (upToDate) hand.told = independence.learnt.length;
    if (grown === undefined) return false;
    this.#model.notice(grown.noticed);
    return true;
  }
}

/** Lets timers and input of the host run. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

// Both hosts (Node and browsers) have it; neither's type library is assumed.
declare function setTimeout(callback: () => void, milliseconds: number): unknown;

/** The answers of all; where one fails, not before the others have answered: each is asked one thing at a time. */
async function all<Answer>(asked: readonly (Promise<Answer> | undefined)[]): Promise<(Answer | undefined)[]> {
  await Promise.allSettled(asked);
  return Promise.all(asked);
}
