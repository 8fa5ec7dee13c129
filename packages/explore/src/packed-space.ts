import { FittingIndex } from "./fitting-index.js";
import type { PackedModel } from "./packed-model.js";
import { ExactIndex, FingerprintIndex, PassingStates, type StateIndex, StateStore } from "./state-index.js";
import { grown, notAlike, type StateSpace } from "./state-space.js";

/** Which parts of a model, and which index, a space is to use. */
export interface SpaceOptions {
  readonly symmetry: boolean;
  readonly ample: boolean;
  readonly fingerprints: boolean;
  /** Must the numbers of known states be told? */
  readonly numbers: boolean;
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
  /** All there are. */
  readonly #actions: Int32Array;
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
    this.#actions = Int32Array.from({ length: model.actions }, (_, action) => action);
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
      const from = edges;
      const chosen = ample === undefined ? 0 : ample(this.#source, this.#chosen);
      if (chosen > 0) {
        const actions = this.#chosen.slice(0, chosen);
        edges = this.#edges(source, actions, from);
        reduced.push({ source, chosen: actions, from, to: edges });
      } else edges = this.#edges(source, this.#actions, from);
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
      const others = this.#actions.filter((action) => !chosen.includes(action));
      edges = this.#edges(source, others, edges);
    }
    this.#intern(before, edges);
    return edges;
  }

  /** Tries actions on the source: the edges so far and those that it finds. */
  #edges(source: number, actions: Int32Array, from: number): number {
    const [model, canonical, original, state] = [this.#model, this.#canonical, this.#source, this.#scratch];
    const { words } = model;
    this.#room(from + actions.length);
    const [sources, positions, successors] = [this.sources, this.positions, this.#successors];
    let edges = from;
    for (let word = 0; word < words; word++) state[word] = original[word]!;
    for (let i = 0; i < actions.length; i++) {
      const action = actions[i]!;
      if (!model.step(action, state)) continue;
      if (canonical !== undefined) canonical(state);
      const at = edges * words;
      for (let word = 0; word < words; word++) {
        successors[at + word] = state[word]!;
        state[word] = original[word]!;
      }
      sources[edges] = source;
      positions[edges++] = action;
    }
    return edges;
  }

  #room(edges: number): void {
    if (edges <= this.targets.length) return;
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

  path(_numbers: readonly number[], positions: readonly number[]): number[] {
    return this.#canonical === undefined ? [...positions] : withoutSymmetry(this.#model, this.#canonical, positions);
  }
}

function statesOf({ words }: PackedModel, { fingerprints, numbers, states }: SpaceOptions) {
  if (fingerprints) {
    const store = new PassingStates(words);
    return { states: store, index: new FingerprintIndex(words, (from, at) => store.append(from, at)) };
  }
  if (numbers) {
    const store = new StateStore(words, states + 1);
    return { states: store, index: new ExactIndex(store) };
  }
  const index = new FittingIndex(words, states + 1);
  return { states: index, index };
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
    return notAlike("canonical()", i);
  });
}
