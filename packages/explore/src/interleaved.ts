import { Row, RowTable } from "./row-table.js";
import { Run } from "./run.js";
import type { ThreadModel } from "./thread-model.js";

/** A final state of {@link interleaved}: messages by identity, and each thread's outcome. */
export interface InterleavedEnd {
  readonly memory: readonly string[];
  readonly outcomes: readonly string[];
}

interface Global<State> {
  readonly memory: readonly number[];
  readonly threads: readonly { readonly state: State; readonly promises: readonly number[] }[];
}

/**
 * The definition that {@link promiseFirst} must agree with, and nothing to be clever about: threads step in every order; a thread
 * writes at the end of memory, or promises a message there that it writes later; after each of its steps it must still be able, alone,
 * to keep its promises. Exponentially slower: for tests only, on programs of a few steps.
 *
 * Returns undefined when more than `limit` global states were met.
 *
 * @param model - the threads and what they notice
 * @param limit - states to visit at most; undefined comes back when there are more
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
 * interleaved(threads, 1000)?.length; // 4
 * ```
 */
export function interleaved<State, Message>(
  model: ThreadModel<State, Message>,
  limit: number,
): InterleavedEnd[] | undefined {
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
  const run = new Run<Message>(number, (n) => messages[n]!);
  const row = new Row();
  const seen = new RowTable();
  const ends = new Map<string, InterleavedEnd>();
  const work: Global<State>[] = [];

  const encode = (memory: readonly number[], threads: Global<State>["threads"]): void => {
    row.reset();
    row.push(memory.length);
    for (const n of memory) row.push(n);
    for (const { state, promises } of threads) {
      row.push(promises.length);
      for (const t of promises) row.push(t);
      const at = row.length;
      row.push(0);
      model.encode(state, row);
      row.words[at] = row.length - at;
    }
  };
  const add = (global: Global<State>): void => {
    encode(global.memory, global.threads);
    const before = seen.size;
    if (seen.intern(row) === before) work.push(global);
  };

  /** All single steps of a thread: its next state, what it still owes, and memory with what it wrote at the end. */
  const steps = (thread: number, memory: readonly number[], state: State, promises: readonly number[]) => {
    const found: { readonly state: State; readonly promises: readonly number[]; readonly memory: readonly number[] }[] =
      [];
    run.enter(memory);
    run.force([]);
    do {
      run.begin(promises, []);
      if (model.finished(thread, state, run)) break;
      const next = model.copy(state);
      model.step(thread, next, run);
      if (!run.dead) found.push({ state: next, promises: run.promises, memory: [...memory, ...run.tail] });
    } while (run.advance());
    return found;
  };

  const asked = new RowTable();
  const answers: { readonly keeps: boolean; readonly writes: ReadonlySet<number> }[] = [];
  /** What the thread could do alone: can it keep its promises, and which messages could it ever write? */
  const alone = (thread: number, memory: readonly number[], state: State, promises: readonly number[]) => {
    encode(memory, [{ state, promises }]);
    row.push(thread);
    const key = asked.intern(row);
    const answer = answers[key];
    if (answer !== undefined) return answer;
    const known = new RowTable();
    const todo = [{ state, promises, memory }];
    const writes = new Set<number>();
    let keeps = false;
    for (let one = todo.pop(); one !== undefined; one = todo.pop()) {
      encode(one.memory, [one]);
      const before = known.size;
      if (known.intern(row) !== before) continue;
      if (known.size > limit) break;
      if (one.promises.length === 0) keeps = true;
      for (const n of one.memory.slice(memory.length)) writes.add(n);
      todo.push(...steps(thread, one.memory, one.state, one.promises));
    }
    answers[key] = { keeps, writes };
    return answers[key];
  };

  const threads = Array.from({ length: model.threads }, (_, thread) => thread);
  add({ memory: [], threads: threads.map((thread) => ({ state: model.initial(thread), promises: [] })) });
  for (let global = work.pop(); global !== undefined; global = work.pop()) {
    if (seen.size > limit) return undefined;
    const { memory } = global;
    run.enter(memory);
    run.begin([], []);
    if (
      global.threads.every(({ state, promises }, thread) => promises.length === 0 && model.finished(thread, state, run))
    ) {
      const end = {
        memory: memory.map((n) => model.identity(messages[n]!)),
        outcomes: global.threads.map(({ state }, thread) => model.outcome(thread, state)),
      };
      ends.set(JSON.stringify(end), end);
    }
    for (const thread of threads) {
      const { state, promises } = global.threads[thread]!;
      const replace = (own: Global<State>["threads"][number]) =>
        global.threads.map((other, i) => (i === thread ? own : other));
      for (const next of steps(thread, memory, state, promises)) {
        const { keeps } = alone(thread, next.memory, next.state, next.promises);
        if (keeps) add({ memory: next.memory, threads: replace({ state: next.state, promises: next.promises }) });
      }
      for (const n of alone(thread, memory, state, promises).writes) {
        const longer = [...memory, n];
        const owed = [...promises, longer.length];
        if (alone(thread, longer, state, owed).keeps) {
          add({ memory: longer, threads: replace({ state, promises: owed }) });
        }
      }
    }
  }
  return [...ends.values()];
}
