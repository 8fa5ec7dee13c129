import type { RunCore } from "./core.js";

/** Called when a core is about to execute the instruction at an address; true where the instruction must not be executed any more. */
export type BreakpointHit = (core: RunCore) => unknown;

/** Who listens at an address: who looks on, then who does something in the instruction's place. */
interface Listeners {
  readonly lookers: readonly BreakpointHit[];
  readonly takers: readonly BreakpointHit[];
}

const NOBODY: Listeners = { lookers: [], takers: [] };

/** The addresses at which somebody listens. Whoever asks gets one function for each, so that most cost one call. */
export class Breakpoints {
  readonly hits: Map<number, BreakpointHit> = new Map();
  readonly #listeners = new Map<number, Listeners>();

  /** Adds a listener, once. */
  add(address: number, hit: BreakpointHit, instead: boolean): void {
    const { lookers, takers } = this.#without(address, hit);
    this.#keep(address, instead ? { lookers, takers: [...takers, hit] } : { lookers: [...lookers, hit], takers });
  }

  /** Takes away a listener, or all of an address. */
  remove(address: number, hit: BreakpointHit | undefined): void {
    this.#keep(address, hit === undefined ? NOBODY : this.#without(address, hit));
  }

  #without(address: number, hit: BreakpointHit): Listeners {
    const { lookers, takers } = this.#listeners.get(address) ?? NOBODY;
    const others = (hits: readonly BreakpointHit[]) => hits.filter((each) => each !== hit);
    return { lookers: others(lookers), takers: others(takers) };
  }

  #keep(address: number, listeners: Listeners): void {
    const all = [...listeners.lookers, ...listeners.takers];
    const [first] = all;
    if (first === undefined) {
      this.#listeners.delete(address);
      this.hits.delete(address);
      return;
    }
    this.#listeners.set(address, listeners);
    this.hits.set(address, all.length === 1 ? first : (core) => inTurn(all, core));
  }
}

/** Until one has moved the core on. */
function inTurn(hits: readonly BreakpointHit[], core: RunCore): boolean {
  const pc = core.cells[15];
  for (const hit of hits) {
    if (hit(core) === true) return true;
    if (core.waiting || core.stopped !== undefined || core.cells[15] !== pc) return false;
  }
  return false;
}
