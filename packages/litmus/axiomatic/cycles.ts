import { written } from "./written.js";

/**
 * A random cycle of edges as an A32 litmus test, in the way of "diy" (Alglave, Maranget, Sarkar, Sewell: "Fences in weak memory models",
 * CAV 2010): each edge leads from one access to the next, to another core where it is one of communication between cores; the question is
 * whether every edge can hold at once.
 */
export function cycleTest(pick: (below: number) => number, options: CycleOptions = {}): string {
  for (;;) {
    const cycle = randomCycle(pick, options.edges ?? 6);
    if (cycle === undefined) continue;
    const test = testOf(cycle);
    if (test.cores <= (options.cores ?? 4)) return test.text;
  }
}

/** How long the cycle may be, and for how many cores. */
export interface CycleOptions {
  readonly edges?: number;
  readonly cores?: number;
}

type Direction = "R" | "W";
type Way =
  | "rf"
  | "fr"
  | "co"
  | "po"
  | "dmb"
  | "dmb.st"
  | "dsb"
  | "dsb.st"
  | "isb"
  | "addr"
  | "data"
  | "ctrl"
  | "ctrlisb"
  | "detour";

interface Edge {
  readonly way: Way;
  readonly from: Direction;
  readonly to: Direction;
  /** To another core. */
  readonly external: boolean;
  /** To another location. */
  readonly moves: boolean;
}

const communication: Readonly<Record<"rf" | "fr" | "co", readonly [Direction, Direction]>> = {
  rf: ["W", "R"],
  fr: ["R", "W"],
  co: ["W", "W"],
};
const between: readonly Way[] = ["po", "po", "dmb", "dmb.st", "dsb", "dsb.st", "isb"];
const dependent: readonly Way[] = ["addr", "data", "ctrl", "ctrlisb"];

/** An edge that can follow an access of this direction. */
function randomEdge(pick: (below: number) => number, from: Direction): Edge {
  const to: Direction = pick(2) === 0 ? "R" : "W";
  const kind = pick(10);
  if (kind < 5) {
    const fits = (["rf", "fr", "co"] as const).filter((way) => communication[way][0] === from);
    const way = fits[pick(fits.length)]!;
    return { way, from, to: communication[way][1], external: kind < 4, moves: false };
  }
  // A detour: from an access of the location by way of another core's store to it, back to a read of it.
  if (kind === 5 && pick(2) === 0) return { way: "detour", from, to: "R", external: false, moves: false };
  if (kind > 7 && from === "R") {
    const ways = dependent.filter((way) => way !== "data" || to === "W");
    return { way: ways[pick(ways.length)]!, from, to, external: false, moves: pick(6) > 0 };
  }
  return { way: between[pick(between.length)]!, from, to, external: false, moves: pick(6) > 0 };
}

function randomCycle(pick: (below: number) => number, most: number): Edge[] | undefined {
  const length = 3 + pick(most - 2);
  const edges: Edge[] = [];
  let at: Direction = pick(2) === 0 ? "R" : "W";
  for (let i = 0; i < length; i++) {
    const edge = randomEdge(pick, at);
    edges.push(edge);
    at = edge.to;
  }
  // The last edge is one of communication between cores, so that the first access begins a core.
  const last = edges.at(-1)!;
  const moving = edges.filter(({ moves }) => moves).length;
  const cores = edges.filter(({ external }) => external).length;
  return at === edges[0]!.from && last.external && cores >= 2 && cores <= 4 && moving !== 1 ? edges : undefined;
}

interface Access {
  readonly direction: Direction;
  readonly location: number;
  readonly value: number;
}

function testOf(edges: readonly Edge[]): { readonly text: string; readonly cores: number } {
  const locations = edges.filter(({ moves }) => moves).length || 1;
  const accesses: Access[] = [];
  /** What each location holds so far, in the order of its stores around the cycle. */
  const held = new Array<number>(locations).fill(0);
  const detours: { readonly location: number; readonly value: number }[] = [];
  // The first location is entered by the last edge that moves: its accesses are numbered from there on, around the end.
  const start = edges.findLastIndex(({ moves }) => moves) + 1;
  let location = 0;
  for (let i = 0; i < edges.length; i++) {
    const at = (start + i) % edges.length;
    const { from, way, moves } = edges[at]!;
    if (from === "W") held[location]!++;
    accesses[at] = { direction: from, location, value: held[location]! };
    if (way === "detour") detours.push({ location, value: ++held[location]! });
    if (moves) location = (location + 1) % locations;
  }
  const columns: string[][] = [];
  const wanted: string[] = [];
  const observed: string[] = [];
  let core = new Core(0);
  edges.forEach((edge, i) => {
    const read = core.access(accesses[i]!, edges[(i + edges.length - 1) % edges.length]!);
    if (read !== undefined) {
      wanted.push(`${columns.length}:${read}=${accesses[i]!.value}`);
      observed.push(`${columns.length}:${read}`);
    }
    if (!edge.external) return;
    columns.push(core.lines);
    core = new Core(columns.length);
  });
  for (const { location: at, value } of detours) {
    const alone = new Core(columns.length);
    alone.access({ direction: "W", location: at, value }, undefined);
    columns.push(alone.lines);
  }
  held.forEach((value, at) => {
    if (value > 1) wanted.push(`${names[at]}=${value}`);
  });
  const initial = names.slice(0, locations).map((name) => `%${name}=${name};`);
  const text = written({
    head: ["ARM cycle", `"${edges.map(named).join(" ")}"`],
    initial: initial.join(" "),
    columns,
    locations: [...observed, ...names.slice(0, locations)],
    condition: wanted.join(" /\\ "),
  });
  return { text, cores: columns.length };
}

const names = ["x", "y", "z", "a", "b", "c", "d", "e"];

function named({ way, from, to, external, moves }: Edge): string {
  return `${way}${way in communication ? (external ? "e" : "i") : moves ? "d" : "s"}${from}${to}`;
}

/** The code of one core, an access at a time. */
class Core {
  readonly lines: string[] = [];
  readonly #core: number;
  #registers = 0;
  #last = "R0";

  constructor(core: number) {
    this.#core = core;
  }

  /** Adds an access, and before it what the edge to it is made of; gives the register of a read. */
  access({ direction, location, value }: Access, edge: Edge | undefined): string | undefined {
    const way = edge === undefined || edge.external || edge.way in communication ? "po" : edge.way;
    const zero = way === "addr" || way === "data" ? this.#register() : "";
    if (zero !== "") this.lines.push(`EOR ${zero},${this.#last},${this.#last}`);
    else if (way.startsWith("ctrl")) {
      const label = `L${this.#core}${this.lines.length}`;
      this.lines.push(`CMP ${this.#last},${this.#last}`, `BNE ${label}`, `${label}:`);
      if (way === "ctrlisb") this.lines.push("ISB");
    } else if (way !== "po" && way !== "detour") this.lines.push(way.toUpperCase().replace(".", " "));
    const place = `[${way === "addr" ? `${zero},` : ""}%${names[location]}]`;
    const register = this.#register();
    if (direction === "R") {
      this.lines.push(`LDR ${register},${place}`);
      this.#last = register;
      return register;
    }
    this.lines.push(
      way === "data" ? `ADD ${register},${zero},#${value}` : `MOV ${register},#${value}`,
      `STR ${register},${place}`,
    );
    return undefined;
  }

  #register(): string {
    return `R${this.#registers++}`;
  }
}
