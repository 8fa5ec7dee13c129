import { Independence } from "./independence.js";
import { defaultLimits, type LimitHit, type Limits, type Progress, remedies } from "./limits.js";
import { mostOccurrences } from "./occurrence.js";
import { Symmetry } from "./symmetry.js";
import { type Race, ThreadExplorer, type ThreadResult, type ThreadStep } from "./thread-graph.js";
import type { ThreadModel } from "./thread-model.js";
import { ThreadResults } from "./thread-results.js";

/** One complete memory sequence with, for each thread on its own, what it may end with: outcomes are the product. */
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

/** What bounds the search, and which of its reductions are on: all, unless told otherwise. */
export interface PromiseFirstOptions {
  readonly limits?: Partial<Limits>;
  readonly signal?: { readonly aborted: boolean };
  readonly onProgress?: (progress: Progress) => void;
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

/** How many thread runs pass between two looks at the clock and the caller's signal. */
const breath = 16;

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
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const started = now();
  const messages: Message[] = [];
  const numbers = new Map<string, number>();
  const number = (message: Message): number => {
    const identity = model.identity(message);
    let known = numbers.get(identity);
    if (known === undefined) {
      known = messages.push(message) - 1;
      numbers.set(identity, known);
    }
    return known;
  };
  const explorer = new ThreadExplorer(model, number, (n) => messages[n]!, limits, options.floors !== false);
  const threads = Array.from({ length: model.threads }, (_, thread) => thread);
  const shared =
    limits.messages < mostOccurrences &&
    options.sharing !== false &&
    options.order !== false &&
    options.independence !== false;
  const known = threads.map((thread) => new ThreadResults(model, (n) => messages[n]!, thread, shared));

  const symmetry = new Symmetry(model, number, (n) => messages[n]!, options.symmetry !== false);

  let [memories, states, steps, sinceBreath] = [0, 0, 0, 0];
  let limit: LimitHit | undefined;
  const hit = (name: keyof Limits | "cancelled"): void => {
    limit ??= { limit: name, value: name === "cancelled" ? 0 : limits[name], remedy: remedies[name] };
  };
  const stuck: { memory: string[]; threads: number[] }[] = [];
  const seen = (thread: number, sequence: readonly number[]): number[] =>
    sequence.filter((n) => {
      const message = messages[n]!;
      return options.projection === false || model.author(message) === thread || model.relevant(thread, message);
    });

  const report = (running = 0): Progress => {
    const progress = { states, steps: steps + running, memories, seconds: (now() - started) / 1000 };
    options.onProgress?.(progress);
    return progress;
  };
  /** The limit that ends a search wherever it is. */
  const ended = (): "cancelled" | "seconds" | undefined =>
    options.signal?.aborted ? "cancelled" : (now() - started) / 1000 > limits.seconds ? "seconds" : undefined;

  /** What `thread` can do against the part of the sequence it can notice: the rest cannot change what it does. */
  function* alone(thread: number, sequence: readonly number[]): Generator<Progress, ThreadResult> {
    // What the first of its twins can do is what it can do, but for the names.
    const first = symmetry.first(thread);
    const image = symmetry.asFirst(thread, sequence);
    const told = (part: readonly number[], result: ThreadResult, compared: readonly number[]): ThreadResult => {
      independence.learn(symmetry.asFirst(thread, part), compared);
      return first === thread ? result : { ...result, candidates: symmetry.asFirst(thread, result.candidates) };
    };
    for (;;) {
      const relevance = model.relevance(first);
      const part = seen(first, image);
      const before = known[first]!.get(part);
      if (before !== undefined) return told(part, before.result, before.compared);
      const running = explorer.explore(first, part, limits.steps - steps);
      let at = running.next();
      while (!at.done) {
        yield report(at.value);
        at = running.next(ended());
      }
      const result = at.value;
      states += result.states;
      steps += result.steps;
      if (result.limit !== undefined) hit(result.limit);
      // The run looked at more than was known to matter to the thread: look again with those messages in.
      if (model.relevance(first) !== relevance && result.limit === undefined) {
        independence.learn(symmetry.asFirst(thread, part), result.compared);
        continue;
      }
      known[first]!.set(part, result);
      return told(part, result, result.compared);
    }
  }

  const independence = new Independence(model, (n) => messages[n]!, options, limits.messages, symmetry);
  const relevance = (): string => threads.map((thread) => model.relevance(thread)).join();

  const executed: Execution<Message>[] = [];
  // What a thread notices is found out on the way. When that changes, sequences may have been left out that now count: begin again.
  for (let before: string | undefined; before !== relevance() && limit?.limit !== "cancelled"; ) {
    before = relevance();
    independence.reset();
    executed.length = 0;
    stuck.length = 0;
    yield* search();
    if (limit !== undefined) break;
  }
  for (const execution of executed) onExecution(execution);
  const executions = executed.length;

  /** What was found of a sequence, as it is of its image under other names. */
  function execution(
    sequence: readonly number[],
    results: readonly ThreadResult[],
    names: readonly number[],
  ): Execution<Message> {
    const own = threads.map((thread) => results[names.indexOf(thread)]!);
    const image = symmetry.renamed(sequence, names);
    return {
      get memory() {
        return image.map((n) => messages[n]!);
      },
      outcomes: own.map((result) => result.outcomes),
      races: own.map((result) => result.races),
      tell: (thread, outcome, via) => explorer.tell(thread, image, outcome, via),
    };
  }

  function* search(): Generator<Progress, void> {
    const stack: (readonly number[])[] = [[]];
    for (;;) {
      if (stack.length === 0) stack.push(...independence.reconsidered());
      const sequence = stack.pop();
      if (sequence === undefined) return;
      const current = sequence;
      if (independence.covered(current)) continue;
      const over = ended();
      if (over !== undefined) hit(over);
      if (memories >= limits.memories) hit("memories");
      if (limit !== undefined && limit.limit !== "messages") return;
      memories++;
      if (++sinceBreath === breath) {
        sinceBreath = 0;
        yield report();
      }

      const before = relevance();
      const results: ThreadResult[] = [];
      for (const thread of threads) results.push(yield* alone(thread, current));
      // Twins with one result are those that found the same list of outcomes.
      const like = (thread: number): unknown => results[thread]!.outcomes;
      if (before !== relevance()) return;
      if (independence.redundant(current)) continue;
      const complete = results.every((result) => result.outcomes.length > 0);
      if (complete) {
        for (const names of symmetry.images(current, like)) executed.push(execution(current, results, names));
      }
      const candidates = results.flatMap((result) => result.candidates).sort((a, b) => b - a);
      for (const candidate of candidates) {
        const longer = [...current, candidate];
        if (longer.length > limits.messages) hit("messages");
        else if (symmetry.least(longer) && !independence.plainlyRedundant(longer)) stack.push(longer);
      }
      const grown = candidates.length > 0;
      if (!grown && !complete && limit === undefined) {
        const waiting = threads.filter((thread) => results[thread]!.outcomes.length === 0);
        for (const names of symmetry.images(current, like)) {
          stuck.push({
            memory: symmetry.renamed(current, names).map((n) => model.identity(messages[n]!)),
            threads: waiting.map((thread) => names[thread]!).sort((a, b) => a - b),
          });
        }
      }
    }
  }

  return {
    executions,
    memories,
    states,
    steps,
    seconds: (now() - started) / 1000,
    stuck,
    complete: limit === undefined,
    ...(limit === undefined ? {} : { limit }),
  };
}

function now(): number {
  return Date.now();
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
