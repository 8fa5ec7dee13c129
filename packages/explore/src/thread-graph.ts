import type { Limits } from "./limits.js";
import { Row, RowTable } from "./row-table.js";
import { Run } from "./run.js";
import type { ThreadModel } from "./thread-model.js";

/** Several values one thread could take at one point, each of them on some way to the end of its program. */
export interface Race {
  readonly key: number;
  readonly values: readonly number[];
}

/** All that one thread can do alone against one memory sequence. */
export interface ThreadResult {
  /** Outcomes of the runs that finish with every promise kept and nothing appended. */
  readonly outcomes: readonly string[];
  /** Numbers of the messages the thread can promise next. */
  readonly candidates: readonly number[];
  readonly races: readonly Race[];
  /** Pairs of positions in the sequence whose order its runs may depend on. */
  readonly compared: readonly number[];
  readonly states: number;
  readonly steps: number;
  /** Set when a limit was met: the lists above may then lack something. */
  readonly limit?: keyof Limits | "cancelled";
}

/** One step of a told path. */
export interface ThreadStep {
  readonly choices: readonly number[];
  readonly events: readonly string[];
}

/** How many states pass between two looks at the clock and the caller's signal. */
const breathSteps = 2048;

interface Node<State> {
  readonly number: number;
  readonly state: State;
  readonly promises: readonly number[];
  readonly tail: readonly number[];
}

/**
 * Runs single threads against memory sequences: a search over the thread's own choices with every state visited once.
 *
 * Soundness: a state's future depends only on its row (the model's `encode`, the outstanding promises, the appended messages)
 * and the sequence, so visiting equal rows once loses nothing. A loop that changes nothing comes back to its own row: spin
 * loops end without a bound on iterations.
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
 * const explorer = new ThreadExplorer(
 *   threads,
 *   () => 0,
 *   () => {
 *     throw new Error("these threads send no messages");
 *   },
 *   defaultLimits,
 * );
 * [...drain(explorer.explore(0, [], 1000) as Generator<number, { outcomes: Iterable<string> }>).outcomes]; // ["P0:2", "P0:3"]
 * ```
 */
export class ThreadExplorer<State, Message> {
  readonly run: Run<Message>;
  readonly #model: ThreadModel<State, Message>;
  readonly #message: (number: number) => Message;
  readonly #limits: Limits;
  readonly #floors: boolean;
  readonly #row: Row = new Row();

  /**
   * Explores the threads of a model one by one; {@link promiseFirst} does.
   *
   * @param model - the threads
   * @param number - of a message, a new one where it was not known
   * @param message - of a number
   * @param limits - steps and states at most
   * @param floors - whether a state is dropped as soon as a promise cannot be kept from it; off only to test that
   */
  constructor(
    model: ThreadModel<State, Message>,
    number: (message: Message) => number,
    message: (number: number) => Message,
    limits: Limits,
    floors = true,
  ) {
    this.#floors = floors;
    this.#model = model;
    this.#message = message;
    this.#limits = limits;
    this.run = new Run(number, message);
  }

  /**
   * Everything `thread` can do against `sequence`, within what is left of the step limit. Yields the steps done so far now and
   * then, and stops when it is sent a limit.
   *
   * @param thread - from 0
   * @param sequence - numbers of messages, the earliest first
   * @param stepsLeft - of the limit
   */
  *explore(
    thread: number,
    sequence: readonly number[],
    stepsLeft: number,
  ): Generator<number, ThreadResult, keyof Limits | "cancelled" | undefined> {
    const model = this.#model;
    const table = new RowTable();
    const from: number[] = [];
    const to: number[] = [];
    const promised: number[] = [];
    const promisedEdge: number[] = [];
    const competed: number[] = [];
    const competedEdge: number[] = [];
    /** By node: may count as certified (promises kept), may count as an end (and nothing appended). */
    const kept: boolean[] = [];
    const ended: boolean[] = [];
    const outcomes = new Set<string>();
    let limit: ThreadResult["limit"];
    let steps = 0;
    let breath = breathSteps;

    this.run.enter(sequence, (message, number) =>
      model.author(message) === thread ? undefined : (model.likeness?.(message) ?? `${number}`),
    );
    const stack: Node<State>[] = [];
    const add = (state: State, promises: readonly number[], tail: readonly number[]): number => {
      const number = this.#intern(table, state, promises, tail);
      if (number < kept.length) return number;
      kept.push(promises.length === 0);
      const end = promises.length === 0 && tail.length === 0 && model.finished(thread, state, this.run);
      ended.push(end);
      if (end) outcomes.add(model.outcome(thread, state));
      stack.push({ number, state, promises, tail });
      return number;
    };
    const outstanding = sequence.flatMap((number, i) =>
      model.author(this.#message(number)) === thread ? [i + 1] : [],
    );
    add(model.initial(thread), outstanding, []);

    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (table.size > this.#limits.states) limit = "states";
      if (steps >= stepsLeft) limit = "steps";
      if (--breath === 0) {
        breath = breathSteps;
        limit = (yield steps) ?? limit;
      }
      if (limit !== undefined && limit !== "messages") break;
      this.run.force([]);
      do {
        this.run.begin(node.promises, node.tail);
        if (model.finished(thread, node.state, this.run)) break;
        const next = model.copy(node.state);
        model.step(thread, next, this.run);
        steps++;
        if (this.run.dead || !this.#possible(thread, next)) continue;
        if (this.run.memory.length > this.#limits.messages) {
          limit = "messages";
          continue;
        }
        this.run.keep();
        const target = add(next, this.run.promises, this.run.tail);
        const edge = from.length;
        from.push(node.number);
        to.push(target);
        for (const number of this.run.promisable) {
          promised.push(number);
          promisedEdge.push(edge);
        }
        if (this.run.tail.length === 0) {
          for (let i = 0; i < this.run.competing.length; i += 2) {
            competed.push(this.run.competing[i]!, this.run.competing[i + 1]!);
            competedEdge.push(edge);
          }
        }
      } while (this.run.advance());
    }

    const certified = reaching(kept, from, to);
    const candidates = new Set<number>();
    promised.forEach((number, i) => {
      if (certified[to[promisedEdge[i]!]!]) candidates.add(number);
    });
    return {
      outcomes: [...outcomes],
      candidates: [...candidates],
      races: races(competed, competedEdge, from, to, competed.length > 0 ? reaching(ended, from, to) : ended),
      compared: this.run.compared(),
      states: table.size,
      steps,
      ...(limit === undefined ? {} : { limit }),
    };
  }

  /**
   * Tells one path of `thread` against `sequence`: to an end with the given outcome, passing (when `via` is given) a step that
   * took value `via.value` for key `via.key`. Undefined when there is none.
   *
   * @param thread - from 0
   * @param sequence - numbers of messages, the earliest first
   * @param outcome - how the path is to end
   * @param via - a choice that the path must have made
   */
  tell(
    thread: number,
    sequence: readonly number[],
    outcome: string | undefined,
    via?: { readonly key: number; readonly value: number },
  ): ThreadStep[] | undefined {
    const model = this.#model;
    const table = new RowTable();
    this.run.enter(sequence);
    const outstanding = sequence.flatMap((number, i) =>
      model.author(this.#message(number)) === thread ? [i + 1] : [],
    );
    interface Told extends Node<State> {
      readonly met: boolean;
      readonly parent: Told | undefined;
      readonly choices: readonly number[];
    }
    const queue: Told[] = [];
    const add = (told: Omit<Told, "number">): Told | undefined => {
      const before = table.size;
      const number = this.#intern(table, told.state, told.promises, told.tail, told.met ? 1 : 0);
      if (number < before) return undefined;
      const node = { ...told, number };
      queue.push(node);
      return told.met &&
        told.promises.length === 0 &&
        model.finished(thread, told.state, this.run) &&
        (outcome === undefined || model.outcome(thread, told.state) === outcome)
        ? node
        : undefined;
    };
    const start = model.initial(thread);
    let end = add({
      state: start,
      promises: outstanding,
      tail: [],
      met: via === undefined,
      parent: undefined,
      choices: [],
    });
    for (let i = 0; i < queue.length && end === undefined; i++) {
      const node = queue[i]!;
      this.run.force([]);
      do {
        this.run.begin(node.promises, node.tail);
        if (model.finished(thread, node.state, this.run)) break;
        const next = model.copy(node.state);
        model.step(thread, next, this.run);
        if (this.run.dead || this.run.tail.length > 0 || !this.#possible(thread, next)) continue;
        const met = node.met || (via !== undefined && includes(this.run.competing, via.key, via.value));
        const { promises, tail } = this.run;
        end = add({ state: next, promises, tail, met, parent: node, choices: [...this.run.choices] });
      } while (end === undefined && this.run.advance());
    }
    if (end === undefined) return undefined;

    const path: Told[] = [];
    for (let node: Told | undefined = end; node?.parent !== undefined; node = node.parent) path.unshift(node);
    this.run.telling = true;
    const steps = path.map((node) => {
      this.run.force(node.choices);
      this.run.begin(node.parent!.promises, node.parent!.tail);
      model.step(thread, model.copy(node.parent!.state), this.run);
      return { choices: node.choices, events: [...this.run.told] };
    });
    this.run.telling = false;
    return steps;
  }

  #intern(table: RowTable, state: State, promises: readonly number[], tail: readonly number[], flag = 0): number {
    const row = this.#row;
    row.reset();
    row.push(flag);
    row.push(promises.length);
    for (const timestamp of promises) row.push(timestamp);
    row.push(tail.length);
    for (const number of tail) row.push(number);
    this.#model.encode(state, row);
    return table.intern(row);
  }

  /**
   * Can every outstanding promise still be kept? Drops states early; what it keeps in vain is dropped by `reaching`.
   *
   * Nothing is lost: a promise is kept by a step that writes the message later than the step's bound, and the model's floor is at or before
   * the bound of every step to come. So from a state with a promise at or before its floor no state without promises is reached: it is no
   * end, and it certifies nothing, for both want all promises kept (`reaching`). A race is of values that lead to an end.
   */
  #possible(thread: number, state: State): boolean {
    if (!this.#floors) return true;
    for (const timestamp of this.run.promises) {
      const floor = this.#model.promiseFloor(thread, state, this.run.memory[timestamp - 1]!, this.run);
      if (timestamp > floor) continue;
      this.run.later(floor, timestamp);
      return false;
    }
    return true;
  }
}

/** Which nodes can reach a marked one. */
function reaching(marked: readonly boolean[], from: readonly number[], to: readonly number[]): boolean[] {
  const good = [...marked];
  const heads = new Int32Array(good.length).fill(-1);
  const nexts = new Int32Array(from.length);
  for (let edge = 0; edge < from.length; edge++) {
    nexts[edge] = heads[to[edge]!]!;
    heads[to[edge]!] = edge;
  }
  const work: number[] = [];
  good.forEach((yes, node) => {
    if (yes) work.push(node);
  });
  for (let node = work.pop(); node !== undefined; node = work.pop()) {
    for (let edge = heads[node]!; edge >= 0; edge = nexts[edge]!) {
      const before = from[edge]!;
      if (good[before]) continue;
      good[before] = true;
      work.push(before);
    }
  }
  return good;
}

function races(
  competed: readonly number[],
  competedEdge: readonly number[],
  from: readonly number[],
  to: readonly number[],
  ending: readonly boolean[],
): Race[] {
  const groups = new Map<string, { key: number; values: Set<number> }>();
  competedEdge.forEach((edge, i) => {
    if (!ending[to[edge]!]) return;
    const key = competed[2 * i]!;
    const at = `${from[edge]} ${key}`;
    let group = groups.get(at);
    if (group === undefined) {
      group = { key, values: new Set() };
      groups.set(at, group);
    }
    group.values.add(competed[2 * i + 1]!);
  });
  const found = new Map<string, Race>();
  for (const { key, values } of groups.values()) {
    if (values.size < 2) continue;
    const sorted = [...values].sort((a, b) => a - b);
    found.set(`${key}:${sorted.join()}`, { key, values: sorted });
  }
  return [...found.values()];
}

function includes(competing: readonly number[], key: number, value: number): boolean {
  for (let i = 0; i < competing.length; i += 2) if (competing[i] === key && competing[i + 1] === value) return true;
  return false;
}
