import { breadthFirst, type Frontier } from "./frontier.js";
import { defaultLimits, type LimitHit, type Limits, type Progress, remedies } from "./limits.js";
import type { Model, Property } from "./model.js";
import type { Path } from "./path.js";
import { drain } from "./promise-first.js";
import { Row, RowTable } from "./row-table.js";

/** What became of one property. */
export interface PropertyResult {
  readonly name: string;
  readonly kind: Property<unknown>["kind"];
  /** `unknown` when a limit was met before the property was decided. */
  readonly verdict: "holds" | "violated" | "unknown";
  /** A counterexample (`always`, `eventually`) or an example (`sometimes`). */
  readonly path?: Path;
}

export interface CheckResult {
  readonly properties: readonly PropertyResult[];
  readonly states: number;
  readonly transitions: number;
  /** Most actions between an initial state and a state, along the ways first found. */
  readonly depth: number;
  readonly seconds: number;
  readonly complete: boolean;
  readonly limit?: LimitHit;
}

export interface CheckOptions<State> {
  /** The order of the search: {@link breadthFirst} when left out. */
  readonly frontier?: () => Frontier<Found<State>>;
  readonly limits?: Partial<Limits>;
  readonly signal?: { readonly aborted: boolean };
  readonly onProgress?: (progress: Progress) => void;
  /** Use the model's `representative`, where it has one. */
  readonly symmetry?: boolean;
  /** Go on when every property is decided, to count all states. */
  readonly exhaustive?: boolean;
}

/** A state in the frontier. */
export interface Found<State> {
  readonly number: number;
  readonly state: State;
  readonly depth: number;
}

/** How many states pass between two looks at the clock and the caller's signal. */
const breath = 4096;

/**
 * Visits the reachable states of a model and decides its properties.
 *
 * @example
 * ```ts
 * const counter: Model<number, number> = {
 *   init: () => [0],
 *   actions: () => [1, 2],
 *   next: (state, step) => (state + step) % 10,
 *   encode: (state, row) => row.push(state),
 *   properties: [always("below nine", (state) => state < 9)],
 * };
 * check(counter).properties[0]; // { name: "below nine", kind: "always", verdict: "violated", path: "0.0.1.1.1.1" }
 * ```
 */
export function check<State, Action>(model: Model<State, Action>, options: CheckOptions<State> = {}): CheckResult {
  return drain(checking(model, options));
}

/** {@link check} in bounded pieces, for callers that show progress or cancel. */
export function* checking<State, Action>(
  model: Model<State, Action>,
  options: CheckOptions<State> = {},
): Generator<Progress, CheckResult> {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const started = Date.now();
  const seconds = (): number => (Date.now() - started) / 1000;
  const table = new RowTable();
  const row = new Row();
  const frontier = (options.frontier ?? breadthFirst<Found<State>>)();
  const representative = options.symmetry === false ? undefined : model.representative?.bind(model);
  /** By state: the state it was first found from, -1 for initial ones, and the position of the action (or initial state). */
  const parents: number[] = [];
  const positions: number[] = [];
  const decided = new Map<Property<State>, Path>();
  const liveness = model.properties
    .filter(({ kind }) => kind === "eventually")
    .map((property) => new Liveness(property));
  let [transitions, depth] = [0, 0];
  let limit: LimitHit | undefined;
  const hit = (name: LimitHit["limit"]): void => {
    limit ??= { limit: name, value: name === "cancelled" ? 0 : limits[name], remedy: remedies[name] };
  };

  const pathTo = (number: number): Path => {
    const path: number[] = [];
    for (let at = number; at >= 0; at = parents[at]!) path.push(positions[at]!);
    return path.reverse().join(".");
  };
  const add = (state: State, parent: number, position: number, level: number): number => {
    row.reset();
    model.encode(representative === undefined ? state : representative(state), row);
    const before = table.size;
    const number = table.intern(row);
    if (number < before) return number;
    parents.push(parent);
    positions.push(position);
    depth = Math.max(depth, level);
    for (const property of model.properties) {
      if (property.kind === "eventually" || decided.has(property)) continue;
      if (property.holds(state) === (property.kind === "sometimes")) decided.set(property, pathTo(number));
    }
    for (const one of liveness) one.add(state, parent < 0);
    frontier.push({ number, state, depth: level }, state);
    return number;
  };

  model.init().forEach((state, position) => {
    add(state, -1, position, 0);
  });
  let sinceBreath = 0;
  for (let found = frontier.pop(); found !== undefined; found = frontier.pop()) {
    if (!options.exhaustive && liveness.length === 0 && decided.size === model.properties.length && decided.size > 0)
      break;
    if (table.size > limits.states) hit("states");
    if (transitions > limits.steps) hit("steps");
    if (++sinceBreath === breath) {
      sinceBreath = 0;
      if (options.signal?.aborted) hit("cancelled");
      if (seconds() > limits.seconds) hit("seconds");
      const progress = { states: table.size, steps: transitions, memories: 0, seconds: seconds() };
      options.onProgress?.(progress);
      yield progress;
    }
    if (limit !== undefined) break;
    const { number, state } = found;
    const actions = model.actions(state);
    let moves = 0;
    for (let position = 0; position < actions.length; position++) {
      const next = model.next(state, actions[position]!);
      if (next === undefined) continue;
      moves++;
      transitions++;
      const target = add(next, number, position, found.depth + 1);
      for (const one of liveness) one.edge(number, target);
    }
    if (moves === 0) for (const one of liveness) one.end(number);
  }

  const complete = limit === undefined;
  for (const one of liveness) {
    const bad = one.violation();
    if (bad !== undefined) decided.set(one.property, pathTo(bad));
  }
  const result = ({ name, kind }: Property<State>, path: Path | undefined): PropertyResult => {
    const shown = path !== undefined;
    const verdict = shown === (kind === "sometimes") ? "holds" : "violated";
    if (!shown && !complete) return { name, kind, verdict: "unknown" };
    return shown ? { name, kind, verdict, path } : { name, kind, verdict };
  };
  return {
    properties: model.properties.map((property) => result(property, decided.get(property))),
    states: table.size,
    transitions,
    depth,
    seconds: seconds(),
    complete,
    ...(limit === undefined ? {} : { limit }),
  };
}

/**
 * An `eventually` property fails where a run never meets a state in which it holds: where such a run stops, or comes back to where
 * it was. Only states without it, reached by states without it, count; their edges are kept for that.
 */
class Liveness<State> {
  readonly property: Property<State>;
  readonly #without: boolean[] = [];
  readonly #initial: number[] = [];
  readonly #ends = new Set<number>();
  readonly #edges = new Map<number, number[]>();

  constructor(property: Property<State>) {
    this.property = property;
  }

  add(state: State, initial: boolean): void {
    const number = this.#without.push(!this.property.holds(state)) - 1;
    if (initial && this.#without[number]) this.#initial.push(number);
  }

  edge(from: number, to: number): void {
    if (!this.#without[from] || !this.#without[to]) return;
    const known = this.#edges.get(from);
    if (known === undefined) this.#edges.set(from, [to]);
    else known.push(to);
  }

  end(number: number): void {
    if (this.#without[number]) this.#ends.add(number);
  }

  /** A state at which a run without the property ends, or closes a circle. */
  violation(): number | undefined {
    /** 1 while a state is on the way being walked, 2 when nothing bad lies beyond it. */
    const colour = new Map<number, 1 | 2>();
    for (const start of this.#initial) {
      const way: { readonly number: number; next: number }[] = [];
      const enter = (number: number): void => {
        colour.set(number, 1);
        way.push({ number, next: 0 });
      };
      if (!colour.has(start)) enter(start);
      while (way.length > 0) {
        const top = way[way.length - 1]!;
        if (this.#ends.has(top.number)) return top.number;
        const to = this.#edges.get(top.number)?.[top.next++];
        if (to === undefined) {
          colour.set(top.number, 2);
          way.pop();
        } else if (colour.get(to) === 1) return top.number;
        else if (!colour.has(to)) enter(to);
      }
    }
    return undefined;
  }
}
