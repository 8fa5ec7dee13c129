import type { Model } from "./model.js";
import type { SpaceOptions } from "./packed-space.js";
import { Row, RowTable } from "./row-table.js";
import { FingerprintIndex } from "./state-index.js";
import { grown, notAlike, type StateSpace } from "./state-space.js";

/** The states of a {@link Model}: objects, told apart by their rows. An object is kept until its edges were looked at. */
export class ObjectSpace<State, Action> implements StateSpace<State> {
  sources: Int32Array = new Int32Array(64);
  targets: Int32Array = new Int32Array(64);
  positions: Int32Array = new Int32Array(64);
  readonly #model: Model<State, Action>;
  readonly #representative: ((state: State) => State) | undefined;
  readonly #row = new Row();
  readonly #rows = new RowTable();
  readonly #fingerprints: FingerprintIndex | undefined;
  readonly #states: (State | undefined)[] = [];

  constructor(model: Model<State, Action>, options: SpaceOptions) {
    this.#model = model;
    this.#representative = options.symmetry ? model.representative?.bind(model) : undefined;
    this.#fingerprints = options.fingerprints ? new FingerprintIndex(0, () => -1) : undefined;
  }

  start(): number {
    const initial = this.#model.init();
    initial.forEach((state, position) => {
      this.#edge(0, state, position, position);
    });
    return initial.length;
  }

  expand(numbers: Int32Array, count: number): number {
    let edges = 0;
    for (let source = 0; source < count; source++) {
      const state = this.#states[numbers[source]!]!;
      const actions = this.#model.actions(state);
      for (let position = 0; position < actions.length; position++) {
        const next = this.#model.next(state, actions[position]!);
        if (next !== undefined) this.#edge(source, next, position, edges++);
      }
    }
    return edges;
  }

  #edge(source: number, state: State, position: number, edge: number): void {
    this.sources = grown(this.sources, edge + 1);
    this.targets = grown(this.targets, edge + 1);
    this.positions = grown(this.positions, edge + 1);
    this.targets[edge] = this.#add(state);
    this.positions[edge] = position;
    this.sources[edge] = source;
  }

  #add(state: State): number {
    const row = this.#rowOf(state);
    const known = this.#states.length;
    if (this.#fingerprints !== undefined) {
      if (!this.#fingerprints.add(row.words, 0, row.length)) return -1;
    } else {
      const number = this.#rows.intern(row);
      if (number < known) return number;
    }
    this.#states.push(state);
    return known;
  }

  state(number: number): State {
    return this.#states[number]!;
  }

  redo(from: number, position: number): boolean {
    const before = this.#states.length;
    if (from < 0) {
      const initial = this.#model.init();
      if (position < initial.length) this.#add(initial[position]!);
    } else {
      const state = this.#states[from]!;
      const actions = this.#model.actions(state);
      const next = position < actions.length ? this.#model.next(state, actions[position]!) : undefined;
      if (next !== undefined) this.#add(next);
    }
    return this.#states.length > before;
  }

  release(number: number): void {
    this.#states[number] = undefined;
  }

  path(numbers: readonly number[], positions: readonly number[]): number[] {
    // Fingerprints do not tell the number of a state, but then a way is one on which the states were found: none is exchanged on it.
    if (this.#representative === undefined || this.#fingerprints !== undefined) return [...positions];
    let state: State = this.#model.init()[positions[0]!]!;
    return positions.map((position, i) => {
      if (i === 0) return position;
      const actions = this.#model.actions(state);
      const order = [position, ...actions.keys()].filter((action) => action < actions.length);
      for (const action of order) {
        const next = this.#model.next(state, actions[action]!);
        if (next === undefined || this.#rows.find(this.#rowOf(next)) !== numbers[i]) continue;
        state = next;
        return action;
      }
      return notAlike("representative()", i);
    });
  }

  #rowOf(state: State): Row {
    this.#row.reset();
    this.#model.encode(this.#representative === undefined ? state : this.#representative(state), this.#row);
    return this.#row;
  }
}
