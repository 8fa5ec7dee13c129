import { Effort, type Watched } from "./effort.js";
import { defaultLimits, type LimitHit, type Limits, type Progress } from "./limits.js";
import { type Reductions, SequenceSearch } from "./sequence-search.js";
import type { Race, ThreadStep } from "./thread-graph.js";
import type { ThreadModel } from "./thread-model.js";

/**
 * A complete memory sequence with, for each thread on its own, what it may end with: outcomes are the product. Of sequences that nobody can
 * tell apart in the end, one is shown.
 */
export interface Execution<Message> {
  readonly memory: readonly Message[];
  readonly outcomes: readonly (readonly string[])[];
  readonly races: readonly (readonly Race[])[];
  /** Tells a path of one thread in this execution, in timestamps of `memory`. */
  tell(
    thread: number,
    outcome?: string,
    via?: { readonly key: number; readonly value: number },
  ): ThreadStep[] | undefined;
}

/** What was found, and how much was looked at; `stuck` are the threads that wait for ever, with the memory that they wait on. */
export interface PromiseFirstResult {
  readonly executions: number;
  readonly memories: number;
  readonly states: number;
  readonly steps: number;
  readonly seconds: number;
  /** Memory sequences that nobody can add to although some thread cannot finish: `threads` are those that cannot. */
  readonly stuck: readonly { readonly memory: readonly string[]; readonly threads: readonly number[] }[];
  /** No limit was met: the executions seen are all there are. */
  readonly complete: boolean;
  readonly limit?: LimitHit;
}

/** What bounds the search, who may end it and is told how it goes, and which of its reductions are on. */
export interface PromiseFirstOptions extends Reductions, Watched {
  readonly limits?: Partial<Limits>;
}

/**
 * Finds every execution of a {@link ThreadModel}, promises first: it grows memory sequences message by message, each message
 * one that its author, alone, can promise and still keep all its promises; against each sequence every thread runs alone.
 *
 * No interleaving of threads is explored: in such models every execution can be reordered so that all promises come first
 * (Pulte, Pichon-Pharabod, Kang, Lee, Hur: "Promising-ARM/RISC-V", PLDI 2019).
 *
 * A generator, so that a caller can breathe, show progress and stop: each `next()` does a bounded piece of work.
 *
 * @param model - the threads and what they notice
 * @param onExecution - is shown every execution once, its outcomes by thread
 * @param options - limits, and switches that turn reductions off
 *
 * @example
 * ```ts
 * const threads: ThreadModel<{ n: number }, never> = {
 *   threads: 2,
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
 * };
 * const found = drain(promiseFirst(threads, () => undefined));
 * [found.complete, found.memories, found.executions]; // [true, 1, 1]
 * ```
 */
export function* promiseFirst<State, Message>(
  model: ThreadModel<State, Message>,
  onExecution: (execution: Execution<Message>) => void,
  options: PromiseFirstOptions = {},
): Generator<Progress, PromiseFirstResult> {
  const effort = new Effort({ ...defaultLimits, ...options.limits }, options);
  const search = new SequenceSearch(model, options, effort);
  // What a thread notices is found out on the way. When that changes, sequences may have been left out that now count: begin again.
  for (let ended = "grown"; ended === "grown" && effort.limit === undefined; ) {
    search.begin();
    search.stack.push([]);
    ended = yield* search.search();
  }
  show(search, onExecution);
  return result(search, effort);
}

/** Shows the executions that were found, in the order of their messages. */
export function show<State, Message>(
  { executions, messages, explorer }: SequenceSearch<State, Message>,
  onExecution: (execution: Execution<Message>) => void,
): void {
  for (const place of executions.inOrder()) {
    const sequence = executions.sequences[place]!;
    const ends = executions.own[place]!.map((number) => executions.ends(number));
    onExecution({
      memory: sequence.map((number) => messages.of(number)),
      outcomes: ends.map(({ outcomes }) => outcomes),
      races: ends.map(({ races }) => races),
      tell: (thread, outcome, via) => explorer.tell(thread, sequence, outcome, via),
    });
  }
}

/** What a search has found, but for the executions. */
export function result<State, Message>(
  { stuck, messages, executions }: SequenceSearch<State, Message>,
  { memories, states, steps, seconds, limit }: Effort,
): PromiseFirstResult {
  return {
    executions: executions.sequences.length,
    memories,
    states,
    steps,
    seconds,
    stuck: stuck.inOrder().map((place) => ({
      memory: stuck.sequences[place]!.map((number) => messages.identity(number)),
      threads: stuck.own[place]!.flatMap((ends, thread) => (stuck.ends(ends).outcomes.length === 0 ? [thread] : [])),
    })),
    complete: limit === undefined,
    ...(limit === undefined ? {} : { limit }),
  };
}

/**
 * Runs a search to its end in one go.
 *
 * @param search - any of the searches that are generators
 *
 * @example
 * ```ts
 * function* count(): Generator<number, string> {
 *   yield 1;
 *   return "done";
 * }
 * drain(count()); // "done"
 * ```
 */
export function drain<Result>(search: Generator<unknown, Result>): Result {
  for (;;) {
    const { done, value } = search.next();
    if (done) return value as Result;
  }
}
