import { readCheckpoint, writeCheckpoint } from "./checkpoint.js";
import { ChunkedInts } from "./chunked-ints.js";
import { ExploreError } from "./explore-error.js";
import { breadthFirst, type Frontier } from "./frontier.js";
import { defaultLimits, type LimitHit, type Limits, type Progress, remedies } from "./limits.js";
import { Liveness } from "./liveness.js";
import type { Model, Property } from "./model.js";
import { ObjectSpace } from "./object-space.js";
import type { PackedModel } from "./packed-model.js";
import { PackedSpace, type SpaceOptions } from "./packed-space.js";
import type { Path } from "./path.js";
import type { StateSpace } from "./state-space.js";

/** What became of one property. */
export interface PropertyResult {
  readonly name: string;
  readonly kind: Property<unknown>["kind"];
  /** `unknown` when a limit was met before the property was decided. */
  readonly verdict: "holds" | "violated" | "unknown";
  /**
   * A counterexample (`always`, `eventually`) or an example (`sometimes`). That of an `eventually` never meets the property, and ends where nothing
   * can happen, or in a state it was in before.
   */
  readonly path?: Path;
}

/** What was found: a verdict for each property, and what was visited. `complete` where every reachable state was, otherwise `limit` says which bound was hit. */
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

/** In which order states are visited, what bounds the search, which reductions it may use, and how a state is remembered. */
export interface CheckOptions<State> {
  /** The order of the search: {@link breadthFirst} when left out. */
  readonly frontier?: () => Frontier<State>;
  readonly limits?: Partial<Limits>;
  readonly signal?: { readonly aborted: boolean };
  readonly onProgress?: (progress: Progress) => void;
  /** Use the model's `representative` or `canonical`, where it has one. */
  readonly symmetry?: boolean;
  /** Use the model's `ample`, where it has one. */
  readonly ample?: boolean;
  /** Go on when every property is decided, to count all states. */
  readonly exhaustive?: boolean;
  /**
   * How states are told apart. `exact`, the default, compares them. `fingerprints` keeps 63 bits of each: less memory where states are
   * large, and nothing is proved, for two states may look the same.
   */
  readonly visited?: "exact" | "fingerprints";
}

/** How many states pass between two looks at the clock and the caller's signal. */
const breath = 4096;

/**
 * A search that stops between states when told to, can be written down and gone on with: what {@link check} runs to its end.
 *
 * @example
 * ```ts
 * const model: PackedModel = {
 *   words: 1,
 *   init: () => [[0]],
 *   actions: 2,
 *   step: (action, state) => (state[0] = (state[0]! * 2 + action) % 5000) >= 0,
 *   properties: [],
 * };
 * const half = new Search(model);
 * half.advance(1000);
 * const rest = Search.resume(model, half.checkpoint());
 * while (!rest.advance(100_000)) {}
 * rest.result().states; // 5000, as if it had never stopped
 * ```
 */
export class Search<State> {
  readonly #space: StateSpace<State>;
  readonly #properties: readonly Property<State>[];
  readonly #options: CheckOptions<State>;
  readonly #limits: Limits;
  readonly #frontier: Frontier<State>;
  readonly #liveness: readonly Liveness<State>[];
  /** By state: the state it was first found from, -1 for initial ones, and the position of the action (or initial state). */
  readonly #parents = new ChunkedInts((length) => new Int32Array(length));
  readonly #positions: ChunkedInts<Int32Array | Uint16Array>;
  /** By property: the state that decides it. */
  readonly #decided = new Map<Property<State>, number>();
  /** Properties of single states that nothing decides yet. */
  #open: readonly Property<State>[];
  /** Bits by state. */
  #expanded = new Int32Array(1024);
  #started = Date.now();
  #before = 0;
  #transitions = 0;
  /** No state was found from an earlier one than the state found before it: breadth first, that is so. */
  #inOrder = true;
  #limit: LimitHit | undefined;
  #sinceBreath = 0;
  /** The states expanded together. */
  readonly #batch: Int32Array;

  /**
   * Begins a search; {@link check} runs one to its end.
   *
   * @param model - of objects, or of packed words
   * @param options - order, memory, limits, reductions
   */
  constructor(model: Model<State, never> | Model<State, unknown> | PackedModel, options: CheckOptions<State> = {}) {
    const runs = model.properties.some(({ kind }) => kind === "eventually");
    const ample = options.ample !== false && !runs;
    const how: SpaceOptions = {
      symmetry: options.symmetry !== false,
      ample,
      fingerprints: options.visited === "fingerprints",
      // Circles are looked for along runs, and where an ample set closes one.
      numbers: runs || (ample && "ample" in model),
      states: options.limits?.states ?? defaultLimits.states,
    };
    this.#space = (
      "words" in model ? new PackedSpace(model, how) : new ObjectSpace(model as Model<State, unknown>, how)
    ) as StateSpace<State>;
    this.#properties = model.properties as readonly Property<State>[];
    this.#open = this.#properties.filter(({ kind }) => kind !== "eventually");
    this.#options = options;
    const narrow = "words" in model && model.actions <= 65_536;
    this.#positions = new ChunkedInts((length) => (narrow ? new Uint16Array(length) : new Int32Array(length)));
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#frontier = (options.frontier ?? breadthFirst)();
    // Fingerprints do not tell which known state an edge leads to.
    const followed = how.fingerprints ? [] : this.#properties.filter(({ kind }) => kind === "eventually");
    this.#liveness = followed.map((property) => new Liveness(property));
    this.#batch = new Int32Array(this.#frontier.together ?? 1);
    this.#batch[0] = -1;
    this.#follow(this.#space.start());
  }

  /**
   * Goes on with a search that was written down by {@link checkpoint}, with the same model and the same symmetry. The states are found
   * again by the actions that found them, so it takes a part of the time the first search took.
   *
   * @param model - the one that the search was of
   * @param bytes - of {@link checkpoint}
   * @param options - as they were; limits may be others
   * @throws ExploreError `E_CHECKPOINT` when the bytes are no checkpoint, or not of this model
   */
  static resume<State>(
    model: Model<State, never> | Model<State, unknown> | PackedModel,
    bytes: Uint8Array,
    options: CheckOptions<State> = {},
  ): Search<State> {
    const saved = readCheckpoint(bytes);
    const search = new Search(model, options);
    const foreign = (): never => {
      throw new ExploreError({
        code: "E_CHECKPOINT",
        what: "the checkpoint does not fit this model",
        remedy: "resume with the model and the symmetry that it was made with",
        facts: {},
      });
    };
    const initial = search.#parents.length;
    for (let number = 0; number < saved.parents.length; number++) {
      const [parent, position] = [saved.parents[number]!, saved.positions[number]!];
      if (number < initial) {
        if (parent !== -1 || position !== search.#positions.at(number)) foreign();
      } else {
        if (parent < 0 || parent >= number || !search.#space.redo(parent, position)) foreign();
        search.#note(number, parent, position);
      }
    }
    if (saved.parents.length < initial) foreign();
    while (search.#frontier.pop() >= 0);
    const waiting = new Set(saved.frontier);
    for (const number of saved.frontier) search.#push(number);
    for (const [property, number] of saved.decided) {
      const known = search.#properties[property] ?? foreign();
      search.#decide(known, number);
    }
    for (let number = 0; number < saved.parents.length; number++) {
      if (waiting.has(number)) continue;
      search.#batch[0] = number;
      if (search.#liveness.length > 0)
        search.#live(
          1,
          search.#space.expand(search.#batch, 1, () => false),
        );
      search.#close(number);
      search.#space.release(number);
    }
    search.#transitions = saved.transitions;
    search.#before = saved.seconds;
    search.#started = Date.now();
    return search;
  }

  /** The search so far as bytes. */
  checkpoint(): Uint8Array {
    const numbers = Array.from({ length: this.#parents.length }, (_, number) => number);
    return writeCheckpoint({
      parents: Int32Array.from(numbers, (number) => this.#parents.at(number)),
      positions: Int32Array.from(numbers, (number) => this.#positions.at(number)),
      frontier: this.#frontier.items(),
      decided: [...this.#decided].map(([property, number]) => [this.#properties.indexOf(property), number] as const),
      transitions: this.#transitions,
      seconds: this.#seconds(),
    });
  }

  get progress(): Progress {
    return { states: this.#parents.length, steps: this.#transitions, memories: 0, seconds: this.#seconds() };
  }

  /**
   * Looks at up to so many states more; true when the search is over.
   *
   * @param states - how many, at least 1
   */
  advance(states: number): boolean {
    const space = this.#space;
    const expanded = (number: number): boolean => this.#isExpanded(number);
    const batch = this.#batch;
    for (let done = 0; done < states; ) {
      if (this.#isDecided()) return true;
      this.#look(batch.length);
      if (this.#limit !== undefined) return true;
      let count = 0;
      while (count < batch.length) {
        const number = this.#frontier.pop();
        if (number < 0) break;
        batch[count++] = number;
      }
      if (count === 0) return true;
      for (let i = 0; i < count; i++) this.#close(batch[i]!);
      const edges = space.expand(batch, count, expanded);
      this.#transitions += edges;
      this.#follow(edges);
      if (this.#liveness.length > 0) this.#live(count, edges);
      for (let i = 0; i < count; i++) space.release(batch[i]!);
      done += count;
    }
    return false;
  }

  /** What is known: the end of it when {@link advance} said so. */
  result(): CheckResult {
    const fingerprints = this.#options.visited === "fingerprints";
    if (fingerprints && this.#limit === undefined) {
      this.#limit = { limit: "fingerprints", value: this.#parents.length, remedy: remedies.fingerprints };
    }
    const limit = this.#limit;
    const complete = limit === undefined && this.#frontier.size === 0;
    const runs = new Map<Property<State>, Path>();
    for (const one of this.#liveness) {
      const bad = one.violation();
      if (bad === undefined) continue;
      this.#decided.set(one.property, bad.numbers.at(-1)!);
      runs.set(
        one.property,
        this.#space.path(bad.numbers, [this.#positions.at(bad.numbers[0]!), ...bad.positions]).join("."),
      );
    }
    const result = (property: Property<State>): PropertyResult => {
      const { name, kind } = property;
      const at = this.#decided.get(property);
      if (at === undefined && !complete) return { name, kind, verdict: "unknown" };
      const verdict = (at !== undefined) === (kind === "sometimes") ? "holds" : "violated";
      return at === undefined
        ? { name, kind, verdict }
        : { name, kind, verdict, path: runs.get(property) ?? this.#pathTo(at) };
    };
    return {
      properties: this.#properties.map(result),
      states: this.#parents.length,
      transitions: this.#transitions,
      depth: this.#depth(),
      seconds: this.#seconds(),
      complete: complete || (limit === undefined && this.#isDecided()),
      ...(limit === undefined ? {} : { limit }),
    };
  }

  /** Takes up the states that are new among the targets of the edges found last. */
  #follow(edges: number): void {
    const { sources, targets, positions } = this.#space;
    let next = this.#parents.length;
    for (let edge = 0; edge < edges; edge++) {
      if (targets[edge]! !== next) continue;
      this.#note(next, this.#batch[sources[edge]!]!, positions[edge]!);
      this.#push(next++);
    }
  }

  #note(number: number, from: number, position: number): void {
    const last = this.#parents.length - 1;
    if (last >= 0 && from < this.#parents.at(last)) this.#inOrder = false;
    this.#parents.push(from);
    this.#positions.push(position);
    const open = this.#open;
    if (open.length === 0 && this.#liveness.length === 0) return;
    const state = this.#space.state(number);
    for (let i = 0; i < open.length; i++) {
      const property = open[i]!;
      if (property.holds(state) === (property.kind === "sometimes")) this.#decide(property, number);
    }
    for (const one of this.#liveness) one.add(state, from < 0);
  }

  #decide(property: Property<State>, number: number): void {
    this.#decided.set(property, number);
    this.#open = this.#open.filter((one) => one !== property);
  }

  #push(number: number): void {
    const { rank } = this.#frontier;
    this.#frontier.push(number, rank === undefined ? 0 : rank(this.#space.state(number)));
  }

  #live(count: number, edges: number): void {
    const { sources, targets, positions } = this.#space;
    for (const one of this.#liveness) {
      const left = new Set(this.#batch.subarray(0, count));
      for (let edge = 0; edge < edges; edge++) {
        const from = this.#batch[sources[edge]!]!;
        left.delete(from);
        one.edge(from, targets[edge]!, positions[edge]!);
      }
      for (const number of left) one.end(number);
    }
  }

  #close(number: number): void {
    const word = number >>> 5;
    if (word >= this.#expanded.length) {
      const larger = new Int32Array(2 * word);
      larger.set(this.#expanded);
      this.#expanded = larger;
    }
    this.#expanded[word]! |= 1 << (number & 31);
  }

  #isExpanded(number: number): boolean {
    return ((this.#expanded[number >>> 5] ?? 0) & (1 << (number & 31))) !== 0;
  }

  #isDecided(): boolean {
    return !this.#options.exhaustive && this.#decided.size > 0 && this.#decided.size === this.#properties.length;
  }

  /** Looks whether a limit was met. */
  #look(states: number): void {
    if (this.#parents.length > this.#limits.states) this.#hit("states");
    if (this.#transitions > this.#limits.steps) this.#hit("steps");
    this.#sinceBreath += states;
    if (this.#sinceBreath < breath) return;
    this.#sinceBreath = 0;
    if (this.#options.signal?.aborted) this.#hit("cancelled");
    if (this.#seconds() > this.#limits.seconds) this.#hit("seconds");
    this.#options.onProgress?.(this.progress);
  }

  #hit(name: "states" | "steps" | "seconds" | "cancelled"): void {
    this.#limit ??= { limit: name, value: name === "cancelled" ? 0 : this.#limits[name], remedy: remedies[name] };
  }

  #seconds(): number {
    return this.#before + (Date.now() - this.#started) / 1000;
  }

  #pathTo(number: number): Path {
    const numbers: number[] = [];
    for (let at = number; at >= 0; at = this.#parents.at(at)) numbers.push(at);
    numbers.reverse();
    const positions = numbers.map((at) => this.#positions.at(at));
    return this.#space.path(numbers, positions).join(".");
  }

  #depth(): number {
    // Where states were found in the order of what they were found from, none is deeper than the last.
    if (this.#inOrder) {
      let most = 0;
      for (let at = this.#parents.length - 1; at >= 0 && this.#parents.at(at) >= 0; at = this.#parents.at(at)) most++;
      return most;
    }
    const depths = new Int32Array(this.#parents.length);
    let most = 0;
    for (let number = 0; number < depths.length; number++) {
      const parent = this.#parents.at(number);
      if (parent < 0) continue;
      depths[number] = depths[parent]! + 1;
      most = Math.max(most, depths[number]!);
    }
    return most;
  }
}
