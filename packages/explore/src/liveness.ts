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
  /** By state: the states its edges lead to, each with the position of the action. */
  readonly #edges = new Map<number, number[]>();

  constructor(property: Property<State>) {
    this.property = property;
  }

  add(state: State, initial: boolean): void {
    const number = this.#without.push(!this.property.holds(state)) - 1;
    if (initial && this.#without[number]) this.#initial.push(number);
  }

  edge(from: number, to: number, position: number): void {
    if (!this.#without[from] || !this.#without[to]) return;
    const known = this.#edges.get(from);
    if (known === undefined) this.#edges.set(from, [to, position]);
    else known.push(to, position);
  }

  end(number: number): void {
    if (this.#without[number]) this.#ends.add(number);
  }

  /**
   * A run without the property that ends, or comes back to a state it was in: its states, and the positions of the actions between them. The way
   * that a state was first found on will not do: it may go through one that has the property.
   */
  violation(): { readonly numbers: readonly number[]; readonly positions: readonly number[] } | undefined {
    /** 1 while a state is on the way being walked, 2 when nothing bad lies beyond it. */
    const colour = new Map<number, 1 | 2>();
    for (const start of this.#initial) {
      const way: { readonly number: number; readonly position: number; next: number }[] = [];
      const enter = (number: number, position: number): void => {
        colour.set(number, 1);
        way.push({ number, position, next: 0 });
      };
      const numbers = (): number[] => way.map(({ number }) => number);
      const positions = (): number[] => way.slice(1).map(({ position }) => position);
      if (!colour.has(start)) enter(start, 0);
      while (way.length > 0) {
        const top = way[way.length - 1]!;
        if (this.#ends.has(top.number)) return { numbers: numbers(), positions: positions() };
        const edges = this.#edges.get(top.number) ?? [];
        if (top.next === edges.length) {
          colour.set(top.number, 2);
          way.pop();
          continue;
        }
        const [to, position] = [edges[top.next]!, edges[top.next + 1]!];
        top.next += 2;
        if (colour.get(to) === 1) return { numbers: [...numbers(), to], positions: [...positions(), position] };
        if (!colour.has(to)) enter(to, position);
      }
    }
    return undefined;
  }
}
