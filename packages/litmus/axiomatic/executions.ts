import type { Event, Trace } from "./events.js";
import { Relation } from "./relation.js";

/** A candidate execution: events of all threads, who reads from whom, and in what order stores and maintenance took effect. */
export interface Execution {
  readonly events: readonly (Event & { readonly thread: number })[];
  readonly po: Relation;
  readonly rf: Relation;
  readonly co: Relation;
  readonly fr: Relation;
  /** co, extended to cleans and invalidates of the line: a total order on each line with all three. */
  readonly wco: Relation;
  /** Reads an event has as address, data and control dependencies, among the events of all threads. */
  readonly addr: Relation;
  readonly data: Relation;
  readonly ctrl: Relation;
}

/** The candidates of one combination of traces; `line` names the cache line of a place. */
export function* executions(
  traces: readonly Trace[],
  initial: (place: string) => unknown,
  line: (place: string) => string,
): Generator<Execution> {
  const events = traces.flatMap((trace, thread) => trace.events.map((event) => ({ ...event, thread })));
  const size = events.length;
  if (size > 31) return;
  const starts = traces.map((_, thread) => traces.slice(0, thread).reduce((at, { events: own }) => at + own.length, 0));
  const dependency = (of: (event: Event) => readonly number[]): Relation => {
    const relation = new Relation(size);
    events.forEach((event, to) => {
      for (const from of of(event)) relation.add(starts[event.thread]! + from, to);
    });
    return relation;
  };
  const [addr, data, ctrl] = [dependency((e) => e.addr), dependency((e) => e.data), dependency((e) => e.ctrl)];
  const po = Relation.of(size, (a, b) => events[a]!.thread === events[b]!.thread && a < b);

  const reads = positions(events, ({ kind }) => kind === "R" || kind === "F");
  const sources = reads.map((read) => {
    const { place, value } = events[read]!;
    const found = positions(events, (event) => event.kind === "W" && event.place === place && event.value === value);
    return initial(place!) === value ? [-1, ...found] : found;
  });
  if (sources.some((found) => found.length === 0)) return;
  // On a line with maintenance, cleans, invalidates and stores are one order; elsewhere the stores of each place are.
  const maintained = new Set(events.flatMap(({ kind, place }) => (kind === "D" || kind === "I" ? [line(place!)] : [])));
  const groups = new Map<string, number[]>();
  events.forEach(({ kind, place }, at) => {
    if (kind !== "W" && kind !== "D" && kind !== "I") return;
    const group = maintained.has(line(place!)) ? `line ${line(place!)}` : place!;
    groups.set(group, [...(groups.get(group) ?? []), at]);
  });
  for (const orders of product([...groups.values()].map((group) => [...permutations(group)]))) {
    const wco = new Relation(size);
    for (const order of orders) {
      for (const [i, from] of order.entries()) for (const to of order.slice(i + 1)) wco.add(from, to);
    }
    const co = Relation.of(
      size,
      (a, b) =>
        wco.has(a, b) && events[a]!.kind === "W" && events[b]!.kind === "W" && events[a]!.place === events[b]!.place,
    );
    for (const source of product(sources)) {
      const rf = new Relation(size);
      source.forEach((write, i) => {
        if (write >= 0) rf.add(write, reads[i]!);
      });
      const fr = Relation.of(size, (a, b) => {
        const read = reads.indexOf(a);
        if (read < 0 || events[b]!.kind !== "W" || events[a]!.place !== events[b]!.place) return false;
        return source[read]! < 0 || co.has(source[read]!, b);
      });
      yield { events, po, rf, co, fr, wco, addr, data, ctrl };
    }
  }
}

function positions<T>(all: readonly T[], fits: (one: T) => boolean): number[] {
  return all.flatMap((one, i) => (fits(one) ? [i] : []));
}

function* permutations(items: readonly number[]): Generator<readonly number[]> {
  if (items.length <= 1) yield items;
  else
    for (const item of items)
      for (const rest of permutations(items.filter((one) => one !== item))) yield [item, ...rest];
}

function* product<T>(factors: readonly (readonly T[])[], chosen: readonly T[] = []): Generator<readonly T[]> {
  const factor = factors[chosen.length];
  if (factor === undefined) yield chosen;
  else for (const one of factor) yield* product(factors, [...chosen, one]);
}
