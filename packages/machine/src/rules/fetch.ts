import type { CoreState } from "../core-state.js";
import { byteOf, everyLine, type Message, overlaps, type Store } from "../message.js";
import { type Step, storesTo, type World } from "../world.js";
import { hex, through } from "./load.js";

/** One value a fetch may take, and the fetch view it would leave. */
interface Candidate {
  readonly value: number;
  /** t_f: the core has fetched from this position of M, so it fetches nothing from before it any more. */
  readonly view: number;
  /** The positions it is fetched from; 0 for initial memory. */
  readonly from: readonly number[];
}

/** What is fetched as one. */
interface Unit {
  /** Of the memory that the fetched address stands for. */
  readonly address: number;
  readonly size: number;
  /** The line that a clean must name: by memory. */
  readonly line: number;
  /** The line that an invalidate must name: by the address fetched from, where the cache is virtually indexed. */
  readonly fetchLine: number;
}

/**
 * fetch at pc: candidates w ∈ stores to the fetch unit ∪ initial memory; t_f = max(vF, ts(w)); w is allowed iff no later store w′
 * to the unit is synchronised at t_f. Effect: vF := t_f; vrN, vwN, vDN, vIN ⊔= t_f.
 *
 * The prefetch queue, line fills, branch prediction and speculation need no state: they are the freedom to take t_f as low as
 * vF allows. `race` names this fetch when there was more than one value to take;
 * `blend` says which further values a fetch may make of two.
 */
export function fetch(
  core: CoreState,
  step: Step,
  address: number,
  size: number,
  race: (value: number) => number,
  blend?: (one: number, other: number) => readonly number[],
): number {
  const { world, run } = step;
  world.noteFetch(step.core, address, size);
  const memory = world.physical(address);
  if (!run.memory.some((m) => m.kind === "W" && overlaps(m.address, m.size, memory, size))) {
    // Nobody writes here: one value, and t_f = vF. The bounds below include it already, but for what an interrupt put there, which
    // data accesses are not tied to.
    return world.initial(memory, size);
  }
  const unit: Unit = { address: memory, size, line: world.line(memory), fetchLine: world.fetchLine(address) };
  const allowed = candidates(core, step, unit);
  const blended = blend === undefined ? [] : blends(allowed, blend);
  const chosen = run.choose(allowed.length + blended.length);
  const { value, view, from } = allowed[chosen] ??
    blended[chosen - allowed.length] ?? { value: 0, view: core.vF, from: [] };
  for (const t of from) run.pick(t);
  if (chosen < allowed.length && allowed.some((other) => other.value !== value)) run.compete(race(value), value);
  core.vF = view;
  core.vrN = Math.max(core.vrN, view);
  core.vwN = Math.max(core.vwN, view);
  core.vDN = Math.max(core.vDN, view);
  core.vIN = Math.max(core.vIN, view);
  run.tell(
    () =>
      `fetch 0x${hex(value, size)} from 0x${memory.toString(16)} as of ${view === 0 ? "initial memory" : `@${view}`}${through(address, memory)}`,
  );
  return value;
}

/** What the architecture lets a fetch make of two values it could take: the condition of one branch with the target of another. */
function blends(allowed: readonly Candidate[], blend: (one: number, other: number) => readonly number[]): Candidate[] {
  return allowed.flatMap((one, i) =>
    allowed.slice(i + 1).flatMap((other) =>
      blend(one.value, other.value).map((value) => ({
        value,
        view: Math.max(one.view, other.view),
        from: [...one.from, ...other.from],
      })),
    ),
  );
}

/** The values the unit may be fetched with. Stores that cover only part of it make one candidate for each mixture. */
function candidates(core: CoreState, step: Step, unit: Unit): Candidate[] {
  const { world, run } = step;
  const { address, size } = unit;
  const writes = storesTo(run.memory, address, size);
  if (!writes.every((t) => covers(run.memory[t - 1]!, address, size))) {
    compareMaintenance(core, step, unit);
    return mixtures(core, step, unit);
  }
  const valueFrom = (t: number): number =>
    t === 0 ? world.initial(address, size) : extract(run.memory[t - 1] as Store, address, size);
  // What a core stored itself comes first among equals: that it is behind vF is the program's order, and nobody else's.
  const own = (t: number): boolean => t > 0 && run.memory[t - 1]!.core === step.core;
  const sources = [0, ...writes]
    // A core that fetched what it has only promised to store could not store it any more.
    .filter((t) => !run.owes(t))
    .map((t) => ({ t, value: valueFrom(t), view: Math.max(core.vF, t) }))
    .sort((a, b) => a.view - b.view || Number(own(b.t)) - Number(own(a.t)) || a.t - b.t);
  const found: (typeof sources)[number][] = [];
  for (const source of sources) {
    const { t, value, view } = source;
    // A core that fetched from behind what it has only promised could not do that before any more: all that it writes follows its fetches.
    const owed = world.dominance ? run.promises[0] : undefined;
    if (owed !== undefined && owed < t) {
      run.compare(owed, t);
      continue;
    }
    const reasons = new Reasons(core, step, unit, t);
    // The same value again with a later view allows nothing more: every rule only ever asks for "later than the view".
    const earlier = world.dominance ? found.find((other) => other.value === value) : undefined;
    if (earlier !== undefined) {
      reasons.notBefore(earlier.t);
      continue;
    }
    // A later store of the same value takes nothing away: where it is synchronised, fetching it instead gives the same value and view.
    const others = writes.filter((other) => other !== t && valueFrom(other) !== value);
    const gone = superseded(run.memory, world, step.core, unit, others, t, view);
    reasons.tell(others, gone);
    if (!gone) found.push(source);
  }
  return found.sort((a, b) => a.t - b.t).map(({ t, value, view }) => ({ value, view, from: [t] }));
}

/**
 * Why a fetch from position t may still be made, or not: records the order of messages that the answer rests on. When it is gone, that is one
 * clean and invalidate that synchronise a later store; when it is not, what is missing for each.
 */
class Reasons {
  readonly #core: CoreState;
  readonly #step: Step;
  readonly #t: number;
  readonly #cleans: number[] = [];
  readonly #invalidates: number[] = [];

  constructor(core: CoreState, step: Step, { line, fetchLine }: Unit, t: number) {
    this.#core = core;
    this.#step = step;
    this.#t = t;
    step.run.memory.forEach((message, i) => {
      if (message.kind === "D" && message.line === line) this.#cleans.push(i + 1);
      if (message.kind !== "I" || !reaches(message, fetchLine)) return;
      if (!message.local || message.core === step.core) this.#invalidates.push(i + 1);
    });
  }

  /** `gone`: one of these stores is later than t and synchronised at t_f. */
  tell(stores: readonly number[], gone: boolean): void {
    const { run, world } = this.#step;
    // One's own clean and invalidate of one's own store first: their order is the program's.
    const own = (t: number): number => (run.memory[t - 1]!.core === this.#step.core ? 0 : 1);
    const inOrder = (all: readonly number[]): number[] => [...all].sort((a, b) => own(a) - own(b) || a - b);
    const chains = inOrder(stores).map((store) => ({ store, missing: this.#missing(store) }));
    const chain = gone ? chains.find(({ missing }) => missing.length === 0) : undefined;
    if (chain === undefined) {
      for (const { missing } of chains) for (const link of missing) link();
      return;
    }
    const { store } = chain;
    run.compare(store, this.#t);
    if (world.knobs.dic) {
      this.#atOrBefore(store);
      return;
    }
    for (const invalidate of inOrder(this.#invalidates)) {
      if (invalidate > Math.max(this.#core.vF, this.#t) || invalidate < store) continue;
      const between = (clean: number): boolean => store < clean && clean < invalidate;
      const clean = world.knobs.idc ? store : inOrder(this.#cleans).find(between);
      if (clean === undefined) continue;
      run.compare(store, clean);
      run.compare(clean, invalidate);
      this.#atOrBefore(invalidate);
      return;
    }
  }

  /** Fetching from t leaves no earlier view than fetching from this earlier source. */
  notBefore(earlier: number): void {
    if (earlier === 0 || this.#behind(earlier)) return;
    if (earlier < this.#t) this.#step.run.compare(earlier, this.#t);
    else this.#atOrBefore(earlier);
  }

  /** What keeps a store from superseding, one reason for each clean and invalidate that could otherwise; none when it does. */
  #missing(store: number): (() => void)[] {
    const { run, world } = this.#step;
    const t = this.#t;
    if (store < t) return [() => run.compare(store, t)];
    const view = Math.max(this.#core.vF, t);
    if (world.knobs.dic) return store <= view ? [] : [() => this.#later(store)];
    const reasons: (() => void)[] = [];
    for (const invalidate of this.#invalidates) {
      if (invalidate > view) reasons.push(() => this.#later(invalidate));
      else if (world.knobs.idc) {
        if (invalidate > store) return [];
        reasons.push(() => run.compare(store, invalidate));
      } else {
        for (const clean of this.#cleans) {
          if (store < clean && clean < invalidate) return [];
          if (clean < store) reasons.push(() => run.compare(store, clean));
          else reasons.push(() => run.compare(clean, invalidate));
        }
      }
    }
    // Nothing at all could: no order of messages is the reason, and there is one of no messages.
    return reasons.length > 0 ? reasons : [() => {}];
  }

  #later(position: number): void {
    this.#step.run.later(this.#core.vF, position);
    this.#step.run.compare(position, this.#t);
  }

  #atOrBefore(position: number): void {
    const { core, run } = { core: this.#core, run: this.#step.run };
    if (position > core.vF) run.compare(position, this.#t);
    else if (!this.#behind(position)) run.later(core.vF, position);
  }

  /** Is it in the set that vF stands for because it is this core's own, and the core has waited for it and fetches behind it? */
  #behind(position: number): boolean {
    const { core, run } = { core: this.#core, run: this.#step.run };
    return position <= core.fetchedI && run.memory[position - 1]!.core === this.#step.core && !run.owes(position);
  }
}

/** What decides a fetch: the order of stores to the unit, cleans and invalidates of its line; and which invalidates vF has passed. */
function compareMaintenance(core: CoreState, { core: self, run, world }: Step, unit: Unit): void {
  const { address, size, line, fetchLine } = unit;
  const stores = storesTo(run.memory, address, size);
  const cleans: number[] = [];
  const invalidates: number[] = [];
  run.memory.forEach((message, i) => {
    if (message.kind === "D" && message.line === line) cleans.push(i + 1);
    if (message.kind === "I" && reaches(message, fetchLine)) {
      if (!message.local || message.core === self) invalidates.push(i + 1);
    }
  });
  for (const store of stores) {
    if (world.knobs.dic) run.later(core.vF, store);
    for (const other of stores) run.compare(store, other);
    for (const clean of cleans) run.compare(store, clean);
  }
  for (const invalidate of invalidates) {
    run.later(core.vF, invalidate);
    for (const store of stores) run.compare(store, invalidate);
    for (const clean of cleans) run.compare(clean, invalidate);
  }
}

/**
 * The unit was written in parts: each byte takes its own store, but a store is single-copy atomic, so where the unit takes a
 * byte from a store it may not take another byte that the store also wrote from before it.
 */
function mixtures(core: CoreState, step: Step, unit: Unit): Candidate[] {
  const { world, run } = step;
  const { address, size } = unit;
  const bytes = Array.from({ length: size }, (_, i) => [0, ...storesTo(run.memory, address + i, 1)]);
  const found = new Map<string, Candidate>();
  const chosen: number[] = [];
  const visit = (i: number): void => {
    if (i < size) {
      for (const t of bytes[i]!) {
        chosen[i] = t;
        visit(i + 1);
      }
      return;
    }
    const view = Math.max(core.vF, ...chosen);
    let value = 0;
    for (let at = 0; at < size; at++) {
      const t = chosen[at]!;
      if (superseded(run.memory, world, step.core, unit, bytes[at]!, t, view)) return;
      const tearsStore = chosen.some((other) => other > t && covers(run.memory[other - 1]!, address + at, 1));
      if (tearsStore) return;
      const message = t === 0 ? undefined : run.memory[t - 1]!;
      value |= (message?.kind === "W" ? byteOf(message, address + at) : world.initialByte(address + at)) << (8 * at);
    }
    // All that give the same value and view: any of them may be what it was fetched from.
    const from = [...(found.get(`${value} ${view}`)?.from ?? []), ...chosen];
    found.set(`${value} ${view}`, { value, view, from });
  };
  visit(0);
  return [...found.values()];
}

/** Is one of the stores later than position t, and one that a fetch at view t_f must not miss? */
function superseded(
  memory: readonly Message[],
  world: World,
  core: number,
  unit: Unit,
  stores: readonly number[],
  t: number,
  view: number,
): boolean {
  return stores.some((later) => later > t && synchronised(memory, world, core, unit, later, view));
}

/**
 * w′ is synchronised at t_f when every fetch from t_f on sees it:
 * - DIC: ts(w′) ≤ t_f;
 * - IDC: an invalidate of the line after w′, at or before t_f;
 * - neither: a clean of the line after w′, and an invalidate of the line after that clean, at or before t_f.
 * A local invalidate counts for its own core only. Cleans are of memory, whatever address they were made by; an invalidate reaches a virtually
 * indexed cache by the address that is fetched from, or not at all.
 */
function synchronised(
  memory: readonly Message[],
  world: World,
  core: number,
  { line, fetchLine }: Unit,
  write: number,
  view: number,
): boolean {
  if (world.knobs.dic) return write <= view;
  let clean = world.knobs.idc;
  for (let t = write + 1; t <= view; t++) {
    const message = memory[t - 1]!;
    if (message.kind === "D" && message.line === line) clean = true;
    if (clean && message.kind === "I" && reaches(message, fetchLine)) {
      if (!message.local || message.core === core) return true;
    }
  }
  return false;
}

/** Does an invalidate reach the line? */
function reaches(message: { readonly line: number }, line: number): boolean {
  return message.line === line || message.line === everyLine;
}

function covers(message: Message, address: number, size: number): boolean {
  return message.kind === "W" && message.address <= address && address + size <= message.address + message.size;
}

function extract(write: { readonly address: number; readonly value: number }, address: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value |= byteOf(write, address + i) << (8 * i);
  return value;
}
