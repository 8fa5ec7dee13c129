import { Effort, type Work, workSince } from "./effort.js";
import { defaultLimits, type Limits } from "./limits.js";
import { type Packet, packOccurrences, packSequences, unpackOccurrences, unpackSequences } from "./packet.js";
import { type Found, type Reductions, SequenceSearch } from "./sequence-search.js";
import type { PortableModel } from "./thread-model.js";
import { packRuns, type SentRuns, unpackRuns } from "./thread-runs.js";

/** What a part of a search is asked to do next. Plain data. */
export interface PartAsk<Message> {
  /** Begin, or begin again: the messages that come first in the order, and what threads are known to notice. */
  readonly begin?: { readonly order: readonly Message[]; readonly noticed: unknown };
  /** Pairs of messages that other parts saw compared. */
  readonly learn: Packet<Message>;
  /** What others have found out that threads do. */
  readonly runs: readonly SentRuns<Message>[];
  /** Sequences to look at, with all that comes of them. */
  readonly roots: Packet<Message>;
  /** How long to work, and how many sequences to look at, before it answers: about. */
  readonly milliseconds: number;
  readonly sequences: number;
  /** What all parts had done when this was asked, and in how many seconds. */
  readonly done: Work;
  readonly seconds: number;
  /** Nothing is left to do anywhere: tell what was found. */
  readonly finish: boolean;
}

/** What a part of a search has done. Plain data. */
export interface PartAnswer<Message> {
  readonly did: Work;
  /** How many sequences it has still to look at. */
  readonly waiting: number;
  /** Some that another part might look at, or it later: they are no longer its own. */
  readonly spare: Packet<Message>;
  /** Pairs of messages that it saw compared. */
  readonly learnt: Packet<Message>;
  /** What it has found out that threads do. */
  readonly runs: SentRuns<Message>;
  /** Threads notice more than was known: this. It waits to be told to begin again. */
  readonly grown?: { readonly noticed: unknown };
  readonly limit?: keyof Limits;
  readonly found?: Found<Message>;
}

/** How many sequences a part hands out at a time. */
const handful = 16;

/**
 * One part of a promise-first search that is done in parts: where {@link promiseFirstInParts} cannot call it, as in a worker, messages go
 * between them, what it is asked and what it answers.
 *
 * @example
 * ```ts
 * const threads: PortableModel<{ n: number }, never> = {
 *   threads: 1,
 *   initial: () => ({ n: 0 }),
 *   copy: ({ n }) => ({ n }),
 *   encode: ({ n }, row) => row.push(n),
 *   step: (_, state, run) => {
 *     state.n += 1 + run.choose(2);
 *   },
 *   finished: (_, { n }) => n >= 2,
 *   outcome: (thread, { n }) => `P${thread}:${n}`,
 *   author: () => 0,
 *   identity: () => "",
 *   promiseFloor: () => 0,
 *   relevant: () => true,
 *   relevance: () => 0,
 *   ordered: () => true,
 *   noticed: () => undefined,
 *   notice: () => {},
 *   sent: (outcome) => outcome,
 *   received: (outcome) => outcome as string,
 *   sentKey: (key) => key,
 *   receivedKey: (key) => key as number,
 * };
 * const part = new SearchPart(threads);
 * const parts = [{ ask: async (asked: PartAsk<never>) => part.answer(asked) }];
 * (await promiseFirstInParts(threads, () => {}, () => parts)).executions; // 1
 * ```
 */
export class SearchPart<State, Message> {
  readonly #model: PortableModel<State, Message>;
  readonly #effort: Effort;
  readonly #search: SequenceSearch<State, Message>;
  #running: ReturnType<SequenceSearch<State, Message>["search"]> | undefined;
  /** How many sequences it looks at before it answers. */
  #most = 0;
  /** How much of what is learnt was told. */
  #told = 0;

  /**
   * Makes a part that has nothing to do yet.
   *
   * @param model - the threads, as all other parts have them
   * @param options - limits and reductions, as all other parts have them
   */
  constructor(model: PortableModel<State, Message>, options: Reductions & { readonly limits?: Partial<Limits> } = {}) {
    this.#model = model;
    this.#effort = new Effort({ ...defaultLimits, ...options.limits }, {});
    this.#search = new SequenceSearch(model, options, this.#effort);
  }

  /**
   * Does a bounded piece of work.
   *
   * @param asked - by {@link promiseFirstInParts}
   */
  answer(asked: PartAsk<Message>): PartAnswer<Message> {
    const [search, effort] = [this.#search, this.#effort];
    const { messages, independence, stack } = search;
    const before = { states: effort.states, steps: effort.steps, memories: effort.memories };
    effort.share(workSince(before, asked.done), asked.seconds);
    if (asked.begin !== undefined) this.#begin(asked.begin);
    for (const runs of asked.runs) search.know(unpackRuns(messages, runs, this.#model));
    const learnt = unpackOccurrences(messages, asked.learn);
    for (let i = 0; i < learnt.length; i += 2) independence.compare(learnt[i]!, learnt[i + 1]!);
    this.#told = independence.learnt.length;
    // Below what it has: that is where they came from, and what is less is looked at first.
    stack.unshift(...unpackSequences(messages, asked.roots));

    search.runs = [];
    const ended = asked.finish ? "done" : this.#work(asked);
    const spare = stack.splice(0, Math.min(handful, stack.length >>> 1));
    const news = independence.learnt.slice(this.#told);
    return {
      did: workSince(before, effort),
      waiting: stack.length + (search.looking ? 1 : 0),
      spare: packSequences(messages, spare),
      learnt: packOccurrences(messages, news),
      runs: packRuns(messages, search.runs, this.#model),
      ...(ended === "grown" ? { grown: { noticed: this.#model.noticed() } } : {}),
      ...(effort.limit === undefined ? {} : { limit: effort.limit.limit as keyof Limits }),
      ...(asked.finish ? { found: search.found(this.#model) } : {}),
    };
  }

  #begin({ order, noticed }: NonNullable<PartAsk<Message>["begin"]>): void {
    const { messages } = this.#search;
    for (const message of order) messages.number(message);
    messages.seal();
    this.#model.notice(noticed);
    this.#search.begin();
    this.#running = undefined;
  }

  #work({ milliseconds, sequences }: PartAsk<Message>): "done" | "grown" | "limit" | "paused" {
    const until = Date.now() + milliseconds;
    this.#most = this.#effort.memories + sequences;
    this.#running ??= this.#search.search(() => this.#effort.memories >= this.#most);
    for (let at = this.#running.next(); ; at = this.#running.next()) {
      if (at.done) {
        this.#running = undefined;
        return at.value;
      }
      if (Date.now() >= until) return "paused";
    }
  }
}
