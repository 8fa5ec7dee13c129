import type { Event, Trace } from "./events.js";
import { Unread } from "./program.js";
import { Relation } from "./relation.js";

/** A read or fetch of one place, and the store it takes, -1 for what was there in the beginning. */
interface Taken {
  readonly read: number;
  readonly place: string;
  readonly store: number;
}

/** A candidate execution: events of all threads, who reads from whom, and in what order stores and maintenance took effect. */
export interface Execution {
  readonly events: readonly (Event & { readonly thread: number })[];
  readonly po: Relation;
  readonly rf: Relation;
  readonly co: Relation;
  readonly fr: Relation;
  /** The parts of rf. */
  readonly taken: readonly Taken[];
  /** co, extended to cleans and invalidates of the line: a total order on each line with all three. */
  readonly wco: Relation;
  /** Reads an event has as address, data and control dependencies, among the events of all threads. */
  readonly addr: Relation;
  readonly data: Relation;
  readonly ctrl: Relation;
  /** From each load-exclusive to its store-exclusive. */
  readonly pairs: Relation;
  /** From what raised an interrupt to all but the reads of who took it, from then on. */
  readonly raised: Relation;
}

/** The candidates of one combination of traces; `line` names the cache line of a place, `whole` what may be accessed at once with it. */
export function* executions(
  traces: readonly Trace[],
  initial: (place: string) => unknown,
  line: (place: string) => string,
  whole: (place: string) => string = (place) => place,
): Generator<Execution> {
  const events = traces.flatMap((trace, thread) => trace.events.map((event) => ({ ...event, thread })));
  const size = events.length;
  const reads = events.flatMap(({ kind, parts }, read) =>
    kind === "R" || kind === "F" ? parts.map(({ place, value }) => ({ read, place, value })) : [],
  );
  const sources = reads.map(({ place, value }) => {
    const found = positions(
      events,
      (event) => event.kind === "W" && event.parts.some((part) => part.place === place && part.value === value),
    );
    return initial(place) === value ? [-1, ...found] : found;
  });
  if (sources.some((found) => found.length === 0)) return;
  if (size > 31) throw new Unread("more than 31 events");
  const starts = traces.map((_, thread) => traces.slice(0, thread).reduce((at, { events: own }) => at + own.length, 0));
  const dependency = (of: (event: Event) => readonly number[]): Relation => {
    const relation = new Relation(size);
    events.forEach((event, to) => {
      for (const from of of(event)) relation.add(starts[event.thread]! + from, to);
    });
    return relation;
  };
  const [addr, data, ctrl] = [dependency((e) => e.addr), dependency((e) => e.data), dependency((e) => e.ctrl)];
  const pairs = dependency(({ pair }) => (pair === undefined ? [] : [pair]));
  const po = Relation.of(size, (a, b) => events[a]!.thread === events[b]!.thread && a < b);

  const raised = interrupts(events, traces);
  if (raised === undefined) return;

  // On a line with maintenance, cleans, invalidates and stores are one order; elsewhere the stores of each place are.
  const linesOf = ({ kind, parts, line: own }: Event): readonly string[] =>
    kind === "D" || kind === "I" ? (own === undefined ? [] : [own]) : parts.map(({ place }) => line(place));
  const everything = events.some(({ kind, line: own }) => kind === "I" && own === undefined);
  const maintained = new Set(
    events
      .filter(({ kind }) => kind === "D" || kind === "I" || (everything && kind === "F"))
      .flatMap((event) => linesOf(event)),
  );
  const groups = new Map<string, number[]>();
  const gather = (group: string, at: number): void => {
    if (!groups.get(group)?.includes(at)) groups.set(group, [...(groups.get(group) ?? []), at]);
  };
  events.forEach((event, at) => {
    if (event.kind === "I" && event.line === undefined) for (const one of maintained) gather(`line ${one}`, at);
    else if (event.kind === "D" || event.kind === "I") gather(`line ${event.line}`, at);
    else if (event.kind === "W") {
      const own = line(event.parts[0]!.place);
      gather(maintained.has(own) ? `line ${own}` : whole(event.parts[0]!.place), at);
    }
  });
  const overlaps = (a: number, b: number): boolean =>
    events[a]!.parts.some(({ place }) => events[b]!.parts.some((other) => other.place === place));
  for (const orders of product([...groups.values()].map((group) => [...permutations(group)]))) {
    const wco = new Relation(size);
    for (const order of orders) {
      for (const [i, from] of order.entries()) for (const to of order.slice(i + 1)) wco.add(from, to);
    }
    const co = Relation.of(
      size,
      (a, b) => wco.has(a, b) && events[a]!.kind === "W" && events[b]!.kind === "W" && overlaps(a, b),
    );
    for (const source of product(sources)) {
      const taken = reads.map(({ read, place }, i) => ({ read, place, store: source[i]! }));
      const rf = new Relation(size);
      const fr = new Relation(size);
      for (const { read, place, store } of taken) {
        if (store >= 0) rf.add(store, read);
        events.forEach(({ kind, parts }, other) => {
          if (kind !== "W" || other === read || !parts.some((part) => part.place === place)) return;
          if (store < 0 || co.has(store, other)) fr.add(read, other);
        });
      }
      yield { events, po, rf, co, fr, taken, wco, addr, data, ctrl, pairs, raised };
    }
  }
}

/** Who takes which interrupt; undefined where one is taken that nobody raised, or one that is raised is never taken. */
function interrupts(
  events: readonly (Event & { readonly thread: number })[],
  traces: readonly Trace[],
): Relation | undefined {
  const relation = new Relation(events.length);
  for (const [thread, { masked = false }] of traces.entries()) {
    const raises = positions(events, ({ kind, target }) => kind === "raise" && target === thread);
    const takes = positions(events, (event) => event.kind === "take" && event.thread === thread);
    if (raises.length > 1) throw new Unread("several interrupts of one core");
    if (takes.length > raises.length || (takes.length < raises.length && !masked)) return undefined;
    const take = takes[0];
    if (take === undefined) continue;
    events.forEach((event, at) => {
      if (event.thread === thread && at > take && /^([WFDI]|raise)$/.test(event.kind)) relation.add(raises[0]!, at);
    });
  }
  return relation;
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
