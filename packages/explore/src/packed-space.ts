import type { PackedModel } from "./packed-model.js";
import { ExactIndex, FingerprintIndex, PassingStates, type StateIndex, StateStore } from "./state-index.js";
import { grown, type StateSpace } from "./state-space.js";

/** Which parts of a model, and which index, a space is to use. */
export interface SpaceOptions {
  readonly symmetry: boolean;
  readonly ample: boolean;
  readonly fingerprints: boolean;
  /** How many states there may be. */
  readonly states: number;
}

/** States by number, as a space reads them. */
export interface States {
  readonly size: number;
  copyTo(number: number, state: Int32Array): void;
  release?(number: number): void;
}

/** The states of a {@link PackedModel}. */
export class PackedSpace implements StateSpace<Int32Array> {
  sources: Int32Array = new Int32Array(64);
  targets: Int32Array = new Int32Array(64);
  positions: Int32Array = new Int32Array(64);
  readonly #model: PackedModel;
  readonly #store: States;
  readonly #index: StateIndex;
  readonly #canonical: ((state: Int32Array) => void) | undefined;
  readonly #ample: ((state: Int32Array, actions: Int32Array) => number) | undefined;
  readonly #source: Int32Array;
  readonly #scratch: Int32Array;
  readonly #shown: Int32Array;
  readonly #chosen: Int32Array;
  #successors: Int32Array;

  /** `known`: the states and their index, where others share them. */
  constructor(
    model: PackedModel,
    options: SpaceOptions,
    known: { readonly states: States; readonly index: StateIndex } = statesOf(model, options),
  ) {
    this.#model = model;
    this.#store = known.states;
    this.#index = known.index;
    this.#canonical = options.symmetry ? model.canonical?.bind(model) : undefined;
    this.#ample = options.ample ? model.ample?.bind(model) : undefined;
    this.#source = new Int32Array(model.words);
    this.#scratch = new Int32Array(model.words);
    this.#shown = new Int32Array(model.words);
    this.#chosen = new Int32Array(model.actions);
    this.#successors = new Int32Array(model.words * 64);
  }

  start(): number {
    const { words } = this.#model;
    let edges = 0;
    this.#model.init().forEach((initial, position) => {
      this.#room(edges + 1);
      this.#scratch.set(initial);
      this.#canonical?.(this.#scratch);
      this.#successors.set(this.#scratch, edges * words);
      this.positions[edges++] = position;
    });
    this.#intern(0, edges);
    return edges;
  }

  expand(numbers: Int32Array, count: number, expanded: (number: number) => boolean): number {
    const { actions } = this.#model;
    const ample = this.#ample;
    let edges = 0;
    /** Sources for which less than all actions were tried, and how many edges of them. */
    const reduced: {
      readonly source: number;
      readonly chosen: Int32Array;
      readonly from: number;
      readonly to: number;
    }[] = [];
    for (let source = 0; source < count; source++) {
      this.#store.copyTo(numbers[source]!, this.#source);
      this.#scratch.set(this.#source);
      const from = edges;
      const chosen = ample === undefined ? 0 : ample(this.#source, this.#chosen);
      if (chosen > 0) {
        for (let i = 0; i < chosen; i++) edges = this.#edge(source, this.#chosen[i]!, edges);
        reduced.push({ source, chosen: this.#chosen.slice(0, chosen), from, to: edges });
      } else for (let action = 0; action < actions; action++) edges = this.#edge(source, action, edges);
    }
    this.#intern(0, edges);
    if (reduced.length === 0) return edges;
    // What was put off must be looked at somewhere on every circle: where one closes.
    const before = edges;
    for (const { source, chosen, from, to } of reduced) {
      let open = to > from;
      for (let i = from; i < to; i++) open = open && this.targets[i]! >= 0 && !expanded(this.targets[i]!);
      if (open) continue;
      this.#store.copyTo(numbers[source]!, this.#source);
      this.#scratch.set(this.#source);
      for (let action = 0; action < actions; action++) {
        if (!chosen.includes(action)) edges = this.#edge(source, action, edges);
      }
    }
    this.#intern(before, edges);
    return edges;
  }

  /** Tries an action on the source, of which `#scratch` is a copy before and after. */
  #edge(source: number, action: number, edges: number): number {
    const scratch = this.#scratch;
    if (!this.#model.step(action, scratch)) return edges;
    const { words } = this.#model;
    if (this.#canonical !== undefined) this.#canonical(scratch);
    if (edges >= this.targets.length) this.#room(edges + 1);
    const successors = this.#successors;
    const at = edges * words;
    for (let i = 0; i < words; i++) {
      successors[at + i] = scratch[i]!;
      scratch[i] = this.#source[i]!;
    }
    this.sources[edges] = source;
    this.positions[edges] = action;
    return edges + 1;
  }

  #room(edges: number): void {
    this.sources = grown(this.sources, edges);
    this.targets = grown(this.targets, edges);
    this.positions = grown(this.positions, edges);
    this.#successors = grown(this.#successors, this.targets.length * this.#model.words);
  }

  #intern(from: number, to: number): void {
    const { words } = this.#model;
    if (from === 0) this.#index.intern(this.#successors, to, this.targets);
    else this.#index.intern(this.#successors.subarray(from * words), to - from, this.targets.subarray(from));
  }

  state(number: number): Int32Array {
    this.#store.copyTo(number, this.#shown);
    return this.#shown;
  }

  redo(from: number, position: number): boolean {
    const scratch = this.#scratch;
    if (from < 0) {
      const initial = this.#model.init()[position];
      if (initial === undefined) return false;
      scratch.set(initial);
    } else {
      this.#store.copyTo(from, scratch);
      if (position >= this.#model.actions || !this.#model.step(position, scratch)) return false;
    }
    this.#canonical?.(scratch);
    const before = this.#store.size;
    this.#index.intern(scratch, 1, this.targets);
    return this.#store.size > before;
  }

  release(number: number): void {
    this.#store.release?.(number);
  }

  path(positions: readonly number[]): number[] {
    return this.#canonical === undefined ? [...positions] : withoutSymmetry(this.#model, this.#canonical, positions);
  }
}

function statesOf({ words }: PackedModel, { fingerprints, states }: SpaceOptions) {
  if (!fingerprints) {
    const store = new StateStore(words, states + 1);
    return { states: store, index: new ExactIndex(store) };
  }
  const store = new PassingStates(words);
  return { states: store, index: new FingerprintIndex(words, (from, at) => store.append(from, at)) };
}

/** The states kept are representatives: follows the path with the state itself beside, by any action that leads to the same class. */
export function withoutSymmetry(
  model: PackedModel,
  canonical: (state: Int32Array) => void,
  positions: readonly number[],
): number[] {
  const state = Int32Array.from(model.init()[positions[0]!]!);
  const representative = state.slice();
  canonical(representative);
  return positions.map((position, i) => {
    if (i === 0) return position;
    model.step(position, representative);
    canonical(representative);
    for (let action = 0; action < model.actions; action++) {
      const next = state.slice();
      if (!model.step(action, next)) continue;
      const class_ = next.slice();
      canonical(class_);
      if (class_.some((word, at) => word !== representative[at])) continue;
      state.set(next);
      return action;
    }
    throw new RangeError("canonical() exchanges states that do not have the same actions");
  });
}
