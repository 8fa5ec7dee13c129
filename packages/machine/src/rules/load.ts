import type { CoreState, Value } from "../core-state.js";
import { byteOf, type Message, overlaps, type Store, sameStore } from "../message.js";
import { lastWrite, type Step, storesTo, type World } from "../world.js";

/** What kind of load it is: an acquire, an exclusive, or one that must give a value. */
export interface LoadOptions {
  /** LDA and LDAR (`sc`): later accesses are ordered after it, and it after earlier store-releases; LDAPR (`pc`): only the former. */
  readonly acquire?: "sc" | "pc";
  /** LDREX: opens the exclusive monitor. */
  readonly exclusive?: boolean;
  /** Only this value is wanted: the load waits for it (a spin loop's last, successful read). */
  readonly equals?: number;
}

/**
 * load l: pre = v_addr ⊔ vrN; reads the latest store at max(pre, coh[l]), or any later one;
 * post = pre ⊔ (the forwarded view, or the store's position); coh[l], vrO, scl ⊔= post; vCAP ⊔= v_addr.
 *
 * A load is single-copy atomic: all its bytes are read at one position of M. But for those that this core stored itself: it reads them
 * out of its store buffer, and the others while its own store is not in memory yet.
 */
export function load(core: CoreState, step: Step, address: Value, size: number, options: LoadOptions = {}): Value {
  const { world, run } = step;
  const at = world.physical(address.value >>> 0);
  const cells = world.cells(at, size);
  world.noteRead(step.core, at, size);

  let pre = Math.max(address.view, core.vrN);
  // Release-acquire ordering is between the two: an acquire may not overtake an earlier release.
  if (options.acquire === "sc") pre = Math.max(pre, core.vRel);

  const wanted = (value: number): boolean => options.equals === undefined || value === signed(options.equals, size);
  const found = readings(core, step, at, size, pre, cells, options, wanted);
  // A reading of the same value with a later view allows nothing more, except to a store-exclusive, which asks for positions.
  const kept = world.dominance && !options.exclusive ? earliest(found, pre, run) : found;
  const { value, post, position, from, early } = kept[run.choose(kept.length)] ?? {
    value: 0,
    post: pre,
    position: 0,
    from: [],
    early: false,
  };
  for (const t of from) run.pick(t);
  for (const cell of cells) core.coh[cell] = Math.max(core.coh[cell] ?? 0, post);
  const line = world.lineIndex(world.line(at));
  core.scl[line] = Math.max(core.scl[line] ?? 0, post);
  core.vrO = Math.max(core.vrO, post);
  core.vCAP = Math.max(core.vCAP, address.view, address.pick ?? 0);
  if (options.acquire) {
    core.vrN = Math.max(core.vrN, post);
    core.vwN = Math.max(core.vwN, post);
  }
  if (options.exclusive) {
    core.exclusiveAt = position;
    core.exclusiveAddress = at;
    core.exclusiveSize = size;
  }
  run.tell(
    () =>
      `load ${size} bytes at 0x${at.toString(16)}: reads 0x${hex(value, size)} as of ${position === 0 ? "initial memory" : `@${position}`}${early ? ", its own bytes early" : ""}${through(address.value >>> 0, at)}`,
  );
  return { value, view: post };
}

interface Reading {
  readonly value: number;
  readonly post: number;
  /** The store read from, the latest one when there are several. */
  readonly position: number;
  /** All the stores read from whose positions are in the view. */
  readonly from: readonly number[];
  /** Bytes of its own were read before their store is in memory. */
  readonly early: boolean;
}

function readings(
  core: CoreState,
  { core: self, world, run }: Step,
  address: number,
  size: number,
  pre: number,
  cells: readonly number[],
  { acquire, exclusive }: LoadOptions,
  wanted: (value: number) => boolean,
): Reading[] {
  const buffered = cells.map(
    (cell) => (core.forwardAt[cell] ?? 0) > 0 && !(acquire !== undefined && core.forwardExclusive[cell] === 1),
  );
  // Cells that this core stored last itself are read from its store buffer. Until that store is in memory, nothing is asked of the others by it.
  const own = cells.map((cell, i) => buffered[i]! && core.coh[cell] === core.forwardAt[cell]);
  const partly = own.includes(true) && cells.some((cell) => core.coh[cell] !== core.coh[cells[0]!]);
  let floor = pre;
  cells.forEach((cell, i) => {
    if (!partly || !own[i]) floor = Math.max(floor, core.coh[cell] ?? 0);
  });
  const positions = [floor];
  for (let t = floor + 1; t <= run.memory.length; t++) {
    const message = run.memory[t - 1]!;
    // A core that read what it has only promised to store could not store it any more.
    if (message.kind !== "W" || run.owes(t)) continue;
    if (overlaps(message.address, message.size, address, size)) positions.push(t);
  }
  // Which of the stores are at or before the floor decides what may be read; which of two halves is the later one, what there is to read.
  const stores = storesTo(run.memory, address, size);
  // A store hides readings from before it: where none of those is wanted, whether it is at or before the floor decides nothing.
  let hides = partly || wanted(valueAt(world, run.memory, address, size, 0));
  stores.forEach((t, i) => {
    // Not to be asked of what this core's own later store is coherent with: that store is below the floor whatever else is.
    const { address: from, size: length } = run.memory[t - 1] as Extract<Message, { kind: "W" }>;
    const behind = cells.some(
      (cell, k) =>
        t <= (core.forwardAt[cell] ?? 0) && overlaps(from, length, address + k * world.cellBytes, world.cellBytes),
    );
    if ((partly || !behind) && (hides || run.memory[t - 1]!.core === self)) run.later(floor, t);
    hides ||= wanted(valueAt(world, run.memory, address, size, t));
    // Two stores of the same value to the same place may change places, unless the positions themselves are asked about.
    for (let j = 0; j < i; j++) {
      const [one, other] = [run.memory[stores[j]! - 1] as Store, run.memory[t - 1] as Store];
      if (exclusive || !sameStore(one, other)) run.compare(stores[j]!, t);
    }
  });
  return positions.flatMap((at) => {
    /** As of which position the bytes of a cell are read: its own store, where that is not there yet. */
    const asOf = (i: number): number => (partly && own[i] ? Math.max(at, core.forwardAt[cells[i]!]!) : at);
    let value = valueAt(world, run.memory, address, size, at);
    if (partly) {
      value = 0;
      cells.forEach((_, i) => {
        const bits = valueAt(world, run.memory, address + i * world.cellBytes, world.cellBytes, asOf(i));
        value |= bits << (8 * world.cellBytes * i);
      });
    }
    if (!wanted(value)) return [];
    let post = pre;
    const from: number[] = [];
    for (let i = 0; i < cells.length; i++) {
      const t = lastWrite(run.memory, address + i * world.cellBytes, world.cellBytes, asOf(i));
      // A core reads its own store early, out of its store buffer: the store's inputs are then all that the value waits for. But a load-acquire
      // waits for a store-exclusive.
      const forwarded = buffered[i]! && core.forwardAt[cells[i]!] === t;
      if (!forwarded && t > 0) from.push(t);
      post = Math.max(post, forwarded ? core.forwardView[cells[i]!]! : t);
    }
    const early = cells.some((_, i) => asOf(i) > at);
    return [{ value, post, position: lastWrite(run.memory, address, size, at), from, early }];
  });
}

/**
 * Of readings of the same value, the one with the earliest view; of equal ones the first. Says on what orders of messages that rests: else
 * an order in which another of them is the earliest would count as one that nobody can tell from this one.
 */
function earliest(readings: readonly Reading[], pre: number, run: Step["run"]): readonly Reading[] {
  const kept: Reading[] = [];
  for (const one of [...readings].sort((a, b) => a.post - b.post)) {
    const before = kept.find(({ value }) => value === one.value);
    if (before === undefined) {
      kept.push(one);
      continue;
    }
    // What it was read from is at or before what the other was read from, or else at or before the view that both have anyway.
    for (const t of before.from) {
      const behind = one.from.find((other) => t <= other);
      if (behind !== undefined) run.compare(t, behind);
      else run.later(pre, t);
    }
  }
  return kept.sort((a, b) => a.position - b.position);
}

/**
 * The bytes as they are at a position of M, sign-extended from the access size when it is a word.
 *
 * @param world - with what memory holds before the first step
 * @param memory - the memory sequence
 * @param address - of the first byte
 * @param size - in bytes, at most 4
 * @param position - in the sequence; 0 is before all of it
 *
 * @example
 * ```ts
 * const world = new World(new Map([[0x100, 42]]), architecture, 1, 4);
 * valueAt(world, [], 0x100, 1, 0); // 42
 * ```
 */
export function valueAt(
  world: World,
  memory: readonly Message[],
  address: number,
  size: number,
  position: number,
): number {
  let value = 0;
  for (let i = 0; i < size; i++) {
    const t = lastWrite(memory, address + i, 1, position);
    const message = t === 0 ? undefined : memory[t - 1]!;
    const byte = message?.kind === "W" ? byteOf(message, address + i) : world.initialByte(address + i);
    value |= byte << (8 * i);
  }
  return value;
}

function signed(value: number, size: number): number {
  return size === 4 ? value | 0 : value & (2 ** (8 * size) - 1);
}

/** Tells which address was used, where it is not that of the memory. */
export function through(address: number, memory: number): string {
  return address === memory ? "" : ` (through 0x${address.toString(16)})`;
}

export function hex(value: number, size: number): string {
  return (size === 4 ? value >>> 0 : value & (2 ** (8 * size) - 1)).toString(16).padStart(2 * size, "0");
}
