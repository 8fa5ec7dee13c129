import type { Property } from "./model.js";

/**
 * An `eventually` property fails where a run never meets a state in which it holds: where such a run stops, or comes back to where
 * it was. Only states without it, reached by states without it, count; their edges are kept for that.
 */
export class Liveness<State> {
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
