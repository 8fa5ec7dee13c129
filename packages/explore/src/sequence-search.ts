import type { Effort } from "./effort.js";
import { Executions, type SentExecutions } from "./executions.js";
import { Independence } from "./independence.js";
import type { Progress } from "./limits.js";
import { Messages } from "./messages.js";
import { Notices } from "./notices.js";
import { mostOccurrences } from "./occurrence.js";
import { Symmetry } from "./symmetry.js";
import { ThreadExplorer, type ThreadResult } from "./thread-graph.js";
import type { PortableModel, ThreadModel } from "./thread-model.js";
import { ThreadResults } from "./thread-results.js";
import type { ThreadRun } from "./thread-runs.js";

/** Reductions of the search, each of which changes no result: all are on, unless told otherwise. */
export interface Reductions {
  /** Run each thread only against the messages it can notice, and remember the result. Off only to test that it changes nothing. */
  readonly projection?: boolean;
  /** Look at one of several memory sequences that differ only in the order of messages no two of which a thread notices. Off only to test that. */
  readonly independence?: boolean;
  /** Use what a thread can do against one part of a sequence for others that it cannot tell from that. Needs `order`. Off only to test that. */
  readonly sharing?: boolean;
  /** The same for messages that a thread does notice but never compares. Needs `independence`. Off only to test that it changes nothing. */
  readonly order?: boolean;
  /** Drop a state of a thread as soon as a promise cannot be kept from it. Off only to test that it changes nothing. */
  readonly floors?: boolean;
  /** Look at one of several memory sequences that differ only in the names of twins, and run one of twins for all. Off only to test that. */
  readonly symmetry?: boolean;
}

/** All that a search has found, in a form to be sent. */
export interface Found<Message> {
  /** By the number that it has in the rest. */
  readonly messages: readonly Message[];
  readonly executions: SentExecutions;
  readonly stuck: SentExecutions;
}

/** How many sequences pass between two looks at the clock and the caller's signal. */
const breath = 16;

/**
 * Memory sequences, each looked at once: every thread runs alone against it, and the messages that they can promise then make longer ones.
 * Depth first over a stack of sequences that are still to be looked at; two stacks that have nothing in common can be searched apart.
 */
export class SequenceSearch<State, Message> {
  readonly messages: Messages<Message>;
  readonly executions: Executions<Message>;
  readonly independence: Independence<Message>;
  readonly explorer: ThreadExplorer<State, Message>;
  /** Sequences to look at, the next one last. */
  readonly stack: (readonly number[])[] = [];
  /** Executions that nobody can add to although some thread cannot finish. */
  readonly stuck: Executions<Message>;
  /** Where what threads do is to be told to others: what this search has found out. */
  runs: ThreadRun[] | undefined;
  /** Is it in the middle of a sequence? */
  looking = false;
  readonly #model: ThreadModel<State, Message>;
  readonly #effort: Effort;
  readonly #projection: boolean;
  readonly #threads: readonly number[];
  readonly #notices: Notices<Message>;
  readonly #symmetry: Symmetry<Message>;
  readonly #known: readonly ThreadResults<Message>[];

  constructor(model: ThreadModel<State, Message>, options: Reductions, effort: Effort) {
    const { limits } = effort;
    const messages = new Messages<Message>((message) => model.identity(message));
    const [number, of] = [(message: Message) => messages.number(message), (n: number) => messages.of(n)];
    const { sharing, order, independence } = options;
    const shared = limits.messages < mostOccurrences && sharing !== false && order !== false && independence !== false;
    this.#model = model;
    this.#effort = effort;
    this.#projection = options.projection !== false;
    this.messages = messages;
    this.executions = new Executions(model, messages, independence !== false);
    this.stuck = new Executions(model, messages, independence !== false);
    this.explorer = new ThreadExplorer(model, number, of, limits, options.floors !== false);
    this.#threads = Array.from({ length: model.threads }, (_, thread) => thread);
    this.#known = this.#threads.map((thread) => new ThreadResults(model, messages, thread, shared));
    this.#notices = new Notices(model, messages);
    this.#symmetry = new Symmetry(model, messages, options.symmetry !== false);
    this.independence = new Independence(model, messages, this.#notices, options, limits.messages, this.#symmetry);
  }

  /** Forgets what was found: what threads notice has changed, so sequences may have been left out that now count. */
  begin(): void {
    this.independence.reset();
    this.executions.clear();
    this.stuck.clear();
    this.stack.length = 0;
    this.looking = false;
    for (const known of this.#known) known.repeat();
  }

  /**
   * Looks at what is on the stack, and at all that comes of it. Ends with the stack empty, or early: at a limit, or when it turns out that
   * threads notice more than was known (`grown`), or between two sequences where it is asked to.
   *
   * @param pause - whether to end before the next sequence
   */
  *search(pause: () => boolean = () => false): Generator<Progress, "done" | "grown" | "limit" | "paused"> {
    for (let sinceBreath = 1; ; sinceBreath++) {
      if (this.stack.length === 0) for (const again of this.independence.reconsidered()) this.stack.push(again);
      // With nothing on the stack it is done, and not paused: who pauses with something to reconsider must be seen to have something to do.
      if (this.stack.length > 0 && pause()) return "paused";
      const current = this.stack.pop();
      if (current === undefined) return "done";
      if (this.independence.covered(current)) continue;
      if (this.#effort.ended()) return "limit";
      this.#effort.memories++;
      this.looking = true;
      if (sinceBreath % breath === 0) yield this.#effort.report();

      const before = this.#notices.version();
      const results: ThreadResult[] = [];
      for (const thread of this.#threads) results.push(yield* this.#alone(thread, current));
      this.messages.seal();
      if (this.#notices.version() !== before) return "grown";
      if (!this.independence.redundant(current)) this.#keep(current, results);
      this.looking = false;
    }
  }

  /** Notes what was found of a sequence, and puts what may follow it on the stack. */
  #keep(current: readonly number[], results: readonly ThreadResult[]): void {
    const complete = results.every((result) => result.outcomes.length > 0);
    if (complete) this.#show(this.executions, current, results);
    const candidates = results.flatMap((result) => result.candidates);
    candidates.sort((a, b) => (this.messages.before(a, b) ? 1 : -1));
    for (const candidate of candidates) {
      const longer = [...current, candidate];
      if (longer.length > this.#effort.limits.messages) this.#effort.hit("messages");
      else if (this.#symmetry.least(longer) && !this.independence.plainlyRedundant(longer)) this.stack.push(longer);
    }
    if (candidates.length > 0 || complete || this.#effort.limit !== undefined) return;
    this.#show(this.stuck, current, results);
  }

  #show(into: Executions<Message>, current: readonly number[], results: readonly ThreadResult[]): void {
    const ends = results.map((result) => into.number(result));
    for (const names of this.#symmetry.images(current, (thread) => ends[thread]!)) {
      const own = names.map((_, thread) => ends[names.indexOf(thread)]!);
      into.push(this.#symmetry.renamed(current, names), own, current);
    }
  }

  /** Takes in what another search has found out that threads do; it knew no more of what they notice. */
  know(runs: readonly ThreadRun[]): void {
    for (const { thread, part, result } of runs) {
      const known = this.#known[thread]!;
      if (!known.has(part)) known.set(part, result);
    }
  }

  /** What was found, to be sent to another search. */
  found(model: PortableModel<State, Message>): Found<Message> {
    return {
      messages: this.messages.all(),
      executions: this.executions.sent(model),
      stuck: this.stuck.sent(model),
    };
  }

  /** Takes in what another search has found. */
  adopt({ messages, executions, stuck }: Found<Message>, model: PortableModel<State, Message>): void {
    const numbers = messages.map((message) => this.messages.number(message));
    this.executions.adopt(executions, numbers, model);
    this.stuck.adopt(stuck, numbers, model);
  }

  /** What `thread` can do against the part of the sequence it can notice: the rest cannot change what it does. */
  *#alone(thread: number, sequence: readonly number[]): Generator<Progress, ThreadResult> {
    // What the first of its twins can do is what it can do, but for the names.
    const first = this.#symmetry.first(thread);
    const image = this.#symmetry.asFirst(thread, sequence);
    const effort = this.#effort;
    for (;;) {
      this.#notices.version();
      const relevance = this.#model.relevance(first);
      const part = this.#projection ? image.filter((number) => this.#notices.by(first, number)) : image;
      const before = this.#known[first]!.get(part, thread);
      if (before !== undefined) return this.#told(thread, part, before.result, before.compared ?? []);
      const running = this.explorer.explore(first, part, effort.stepsLeft);
      let at = running.next();
      while (!at.done) {
        yield effort.report(at.value);
        at = running.next(effort.over());
      }
      const result = at.value;
      effort.states += result.states;
      effort.steps += result.steps;
      if (result.limit !== undefined) effort.hit(result.limit);
      // The run looked at more than was known to matter to the thread: look again with those messages in.
      if (this.#model.relevance(first) !== relevance && result.limit === undefined) {
        this.#told(thread, part, result, result.compared);
        continue;
      }
      this.#known[first]!.set(part, result);
      this.runs?.push({ thread: first, part, result });
      return this.#told(thread, part, result, result.compared);
    }
  }

  #told(thread: number, part: readonly number[], result: ThreadResult, compared: readonly number[]): ThreadResult {
    this.independence.learn(this.#symmetry.asFirst(thread, part), compared);
    if (this.#symmetry.first(thread) === thread) return result;
    return { ...result, candidates: this.#symmetry.asFirst(thread, result.candidates) };
  }
}
