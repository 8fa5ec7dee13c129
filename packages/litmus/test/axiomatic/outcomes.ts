import type { Program, Step } from "./program.js";

// ARMv8 in its axiomatic form (Pulte, Flur, Deacon, French, Sarkar, Sewell, POPL 2018), by enumeration of reads-from and coherence. It
// shares nothing with the engine: it is what the engine's data side is compared with.

interface Event {
  readonly thread: number;
  readonly step: number;
  readonly at: Step;
}

/** Every outcome: the values of all reads, thread by thread, and the final values of x and y. */
export function axiomaticOutcomes(program: Program): Set<string> {
  const events: Event[] = program.flatMap((steps, thread) => steps.map((at, step) => ({ thread, step, at })));
  const reads = indices(events, ({ at }) => at.kind === "read");
  const writes = [0, 1].map((location) => indices(events, ({ at }) => at.kind === "write" && at.location === location));
  const fixed = program.flatMap((_, thread) => threadOrder(events, thread));
  const found = new Set<string>();
  const orders = product(writes.map(permutations));
  /** What each read may read: a store of its location by position in `events`, or -1 for the initial value. */
  const sources = product(reads.map((read) => [-1, ...writes[locationOf(events[read]!)]!]));
  for (const coherence of orders) {
    for (const source of sources) {
      if (!allowed(events, reads, source, coherence, fixed)) continue;
      const values = source.map((write) => (write < 0 ? 0 : valueIn(events[write]!)));
      const final = coherence.map((order) => (order.length === 0 ? 0 : valueIn(events[order.at(-1)!]!)));
      found.add([...values, ...final].join());
    }
  }
  return found;
}

function allowed(
  events: readonly Event[],
  reads: readonly number[],
  source: readonly number[],
  coherence: readonly (readonly number[])[],
  fixed: readonly Edge[],
): boolean {
  const rf = source.flatMap((write, i): Edge[] => (write < 0 ? [] : [[write, reads[i]!]]));
  const co = coherence.flatMap((order) => order.flatMap((from, i) => order.slice(i + 1).map((to): Edge => [from, to])));
  const fr = source.flatMap((write, i) => {
    const order = coherence[locationOf(events[reads[i]!]!)]!;
    return order.slice(write < 0 ? 0 : order.indexOf(write) + 1).map((to): Edge => [reads[i]!, to]);
  });
  const external = ([a, b]: Edge): boolean => events[a]!.thread !== events[b]!.thread;
  const poLoc = pairs(events).filter(
    ([a, b]) => isMemory(events[a]!) && isMemory(events[b]!) && locationOf(events[a]!) === locationOf(events[b]!),
  );
  // Internal: a location looks sequential to each thread.
  if (!acyclic(events.length, [...poLoc, ...rf, ...co, ...fr])) return false;
  // A store waits for the thread's earlier accesses of its location: what those wait for, it waits for.
  const localStores = poLoc.filter(([, to]) => events[to]!.at.kind === "write");
  // (addr | data); rfi: what reads a dependent store early still waits for what the store depends on.
  const forwarded = rf
    .filter((edge) => !external(edge))
    .flatMap(([write, read]): Edge[] => {
      const { at, thread } = events[write]!;
      const needs = "needs" in at ? at.needs : undefined;
      return needs === undefined || needs.how === "ctrl" ? [] : [[eventAt(events, thread, needs.on), read]];
    });
  return acyclic(events.length, [...fixed, ...localStores, ...forwarded, ...[...rf, ...co, ...fr].filter(external)]);
}

/** Dependency- and barrier-ordered-before within a thread: all of it that does not depend on who reads from whom. */
function threadOrder(events: readonly Event[], thread: number): Edge[] {
  const own = indices(events, (event) => event.thread === thread);
  const edges: Edge[] = [];
  const kind = (i: number): Step["kind"] => events[i]!.at.kind;
  const memory = (i: number): boolean => isMemory(events[i]!);
  own.forEach((i, position) => {
    const before = own.slice(0, position);
    const after = own.slice(position + 1);
    const { at } = events[i]!;
    const needs = "needs" in at ? at.needs : undefined;
    if (needs !== undefined) {
      const on = eventAt(events, thread, needs.on);
      const later = needs.how === "ctrl" ? [i, ...after] : after;
      if (needs.how !== "ctrl") edges.push([on, i]);
      // ctrl; [W] and addr; po; [W]
      if (needs.how !== "data") for (const to of later) if (kind(to) === "write") edges.push([on, to]);
      // (ctrl | addr; po); [ISB]; po
      if (needs.how !== "data") {
        const barrier = later.find((to) => kind(to) === "isb");
        if (barrier !== undefined) for (const to of after) if (to > barrier && memory(to)) edges.push([on, to]);
      }
    }
    for (const from of before.filter(memory)) {
      for (const to of after.filter(memory)) {
        const full = at.kind === "dmb" || at.kind === "dsb";
        const stores = at.kind === "dmb.st" && kind(from) === "write" && kind(to) === "write";
        const completed = at.kind === "dsb.st" && kind(from) === "write";
        if (full || stores || completed) edges.push([from, to]);
      }
    }
  });
  return edges;
}

type Edge = readonly [from: number, to: number];

function acyclic(count: number, edges: readonly Edge[]): boolean {
  const next = Array.from({ length: count }, (): number[] => []);
  const entering = new Array<number>(count).fill(0);
  for (const [from, to] of edges) {
    next[from]!.push(to);
    entering[to]!++;
  }
  const free = indices(entering, (n) => n === 0);
  let removed = 0;
  for (let node = free.pop(); node !== undefined; node = free.pop()) {
    removed++;
    for (const to of next[node]!) if (--entering[to]! === 0) free.push(to);
  }
  return removed === count;
}

/** Pairs of one thread's events in program order. */
function pairs(events: readonly Event[]): Edge[] {
  return events.flatMap((a, i) =>
    events.flatMap((b, j): Edge[] => (a.thread === b.thread && a.step < b.step ? [[i, j]] : [])),
  );
}

function eventAt(events: readonly Event[], thread: number, step: number): number {
  return events.findIndex((event) => event.thread === thread && event.step === step);
}

function isMemory({ at }: Event): boolean {
  return at.kind === "read" || at.kind === "write";
}

function locationOf({ at }: Event): number {
  return "location" in at ? at.location : -1;
}

function valueIn({ at }: Event): number {
  return "value" in at ? at.value : 0;
}

function indices<T>(all: readonly T[], fits: (one: T) => boolean): number[] {
  return all.flatMap((one, i) => (fits(one) ? [i] : []));
}

function permutations(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, i) =>
    permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
  );
}

function product<T>(factors: readonly (readonly T[])[]): T[][] {
  return factors.reduce<T[][]>((all, factor) => all.flatMap((chosen) => factor.map((one) => [...chosen, one])), [[]]);
}
