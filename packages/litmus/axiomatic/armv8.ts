import type { Execution } from "./executions.js";
import { Relation } from "./relation.js";

// ARMv8's axioms (Pulte, Flur, Deacon, French, Sarkar, Sewell, POPL 2018), with instruction fetch as in "ARMv8-A system semantics:
// instruction fetch in relaxed architectures" (Simner, Flur, Pulte, Armstrong, Pichon-Pharabod, Maranget, Sewell, ESOP 2020) and what
// Arm's own model has changed since: DMB orders cleans on both sides, and control dependencies order maintenance.

/** How code reaches instruction fetch: CTR.IDC, CTR.DIC, and the line of a place. */
export interface FetchRules {
  readonly idc: boolean;
  readonly dic: boolean;
  line(place: string): string;
}

export function allowedByArmv8(execution: Execution, { idc, dic, line }: FetchRules): boolean {
  const { events, po, rf, co, fr, taken, wco, addr, data, ctrl, pairs, raised } = execution;
  const size = events.length;
  const where = (holds: (a: number, b: number) => boolean): Relation => Relation.of(size, holds);
  const kind = (at: number): string => events[at]!.kind;
  /** Raising an interrupt is a store to a device. */
  const writes = (at: number): boolean => kind(at) === "W" || kind(at) === "raise";
  const memory = (at: number): boolean => kind(at) === "R" || writes(at);
  const external = (relation: Relation): Relation =>
    where((a, b) => relation.has(a, b) && events[a]!.thread !== events[b]!.thread);
  const internal = (relation: Relation): Relation =>
    where((a, b) => relation.has(a, b) && events[a]!.thread === events[b]!.thread);
  const isRead = (at: number): boolean => kind(at) === "R";
  const dataRf = where((a, b) => rf.has(a, b) && isRead(b));
  const dataFr = where((a, b) => fr.has(a, b) && isRead(a));

  const at = (event: number, place: string): boolean => events[event]!.parts.some((part) => part.place === place);
  const overlap = (a: number, b: number): boolean => events[a]!.parts.some(({ place }) => at(b, place));
  const poLoc = where((a, b) => po.has(a, b) && memory(a) && memory(b) && overlap(a, b));
  // Each place looks sequential to each thread. Where every access has one place, no cycle leaves it.
  if (events.every(({ parts }) => parts.length < 2)) {
    if (!poLoc.or(dataRf, co, dataFr).acyclic()) return false;
  } else if (!sequential(execution, poLoc)) return false;
  // A fetch takes nothing of a store and something older where that store also wrote.
  if (events.some((_, a) => kind(a) === "F" && events.some((__, b) => rf.has(b, a) && fr.has(a, b)))) return false;
  // Nobody else's store comes between a load-exclusive's source and its store-exclusive.
  const others = where((a, b) => pairs.has(a, b) && external(fr).into(external(co)).has(a, b));
  if (others.rows.some((row) => row !== 0)) return false;

  const linesOf = (event: number): readonly (string | undefined)[] =>
    kind(event) === "D" ? [events[event]!.line] : events[event]!.parts.map(({ place }) => line(place));
  // Observation: what one core does with memory, seen by others. A fetch sees a store late, but not before it was made.
  const fetched = where((a, b) => rf.has(a, b) && kind(b) === "F");
  const observed = external(dataRf).or(external(dataFr), wco, fetched);

  const afterCtrl = where((a, b) => ctrl.has(a, b) && (writes(b) || kind(b) === "D" || kind(b) === "I"));
  const dependencies = addr.or(
    data,
    afterCtrl,
    // No store is made, and no context synchronised, while an address before it is unknown.
    where((a, b) => writes(b) && addr.into(po).has(a, b)),
    // Stores to one device arrive in order.
    where((a, b) => kind(a) === "raise" && kind(b) === "raise" && po.has(a, b)),
    addr.or(data).into(internal(dataRf)),
  );
  const synchronises = (at: number): boolean => kind(at) === "isb" || kind(at) === "take";
  const synchronised = where((a, b) => synchronises(b) && (ctrl.has(a, b) || addr.into(po).has(a, b)));
  const isb = where((a, b) => synchronises(a) && po.has(a, b));

  const through = (
    fence: (at: number) => boolean,
    from: (at: number) => boolean,
    to: (at: number) => boolean,
  ): Relation =>
    where((a, b) => from(a) && fence(b) && po.has(a, b)).into(where((a, b) => fence(a) && to(b) && po.has(a, b)));
  const fence =
    (name: "dmb" | "dsb", option: string) =>
    (at: number): boolean =>
      kind(at) === name && events[at]!.option === option;
  const accessOrClean = (at: number): boolean => memory(at) || kind(at) === "D";
  const effect = (at: number): boolean => memory(at) || kind(at) === "D" || kind(at) === "I" || synchronises(at);
  const dsb = (option: string, from: (at: number) => boolean): Relation =>
    where((a, b) => from(a) && fence("dsb", option)(b) && po.has(a, b)).or(
      where((a, b) => fence("dsb", option)(a) && effect(b) && po.has(a, b)),
    );
  // A load-acquire that reads its core's own store-exclusive waits for it.
  const atomic = where(
    (a, b) => internal(dataRf).has(a, b) && events[b]!.ordered === true && events.some((_, load) => pairs.has(load, a)),
  );
  const barriers = through(fence("dmb", "sy"), accessOrClean, accessOrClean).or(
    through(fence("dmb", "ld"), isRead, memory),
    through(fence("dmb", "st"), writes, writes),
    dsb("sy", effect),
    dsb("ld", isRead),
    dsb("st", writes),
    where((a, b) => po.has(a, b) && isRead(a) && events[a]!.ordered === true && memory(b)),
    where((a, b) => po.has(a, b) && writes(b) && events[b]!.ordered === true && memory(a)),
    where(
      (a, b) => po.has(a, b) && writes(a) && isRead(b) && events[a]!.ordered === true && events[b]!.ordered === true,
    ),
  );
  // A store waits for earlier accesses of its location; a clean for those of its line.
  const local = where((a, b) => poLoc.has(a, b) && kind(b) === "W");
  const cleaned = where(
    (a, b) => po.has(a, b) && kind(b) === "D" && accessOrClean(a) && linesOf(a).some((own) => own === events[b]!.line),
  );
  // Fetches are in program order, and each before everything from its own instruction on.
  const fetchOrder = where((a, b) => kind(a) === "F" && po.has(a, b));
  // A fetch that missed a store comes before the invalidate that would have made it see the store.
  const missed = where((a, b) =>
    taken.some(({ read, place, store }) => {
      if (read !== a || kind(a) !== "F") return false;
      const later = (w: number): boolean =>
        kind(w) === "W" && at(w, place) && w !== store && (store < 0 || co.has(store, w));
      if (dic) return later(b);
      if (kind(b) !== "I") return false;
      const { line: invalidated, cacheLine = invalidated } = events[b]!;
      if (invalidated !== undefined && cacheLine !== (events[a]!.cacheLine ?? line(place))) return false;
      if (events[b]!.local && events[a]!.thread !== events[b]!.thread) return false;
      const clean = (d: number): boolean => kind(d) === "D" && events[d]!.line === line(place);
      const before = (w: number): boolean =>
        idc ? wco.has(w, b) : events.some((_, d) => clean(d) && wco.has(w, d) && wco.has(d, b));
      return events.some((_, w) => later(w) && before(w));
    }),
  );
  return observed
    .or(raised, dependencies, synchronised, isb, atomic, barriers, local, cleaned, fetchOrder, missed)
    .acyclic();
}

function sequential({ events, co, taken }: Execution, poLoc: Relation): boolean {
  const places = new Set(events.flatMap(({ parts }) => parts.map(({ place }) => place)));
  for (const place of places) {
    const here = events.map(({ parts }) => parts.some((part) => part.place === place));
    const reads = taken.filter((one) => one.place === place && events[one.read]!.kind === "R");
    const follows = Relation.of(events.length, (a, b) => {
      if (!here[a] || !here[b]) return false;
      if (poLoc.has(a, b) || co.has(a, b)) return true;
      return reads.some(({ read, store }) =>
        read === b ? store === a : read === a && events[b]!.kind === "W" && (store < 0 || co.has(store, b)),
      );
    });
    if (!follows.acyclic()) return false;
  }
  return true;
}
