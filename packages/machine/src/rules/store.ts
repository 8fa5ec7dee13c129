import type { CoreState, Value } from "../core-state.js";
import { overlaps } from "../message.js";
import type { Step } from "../world.js";
import { hex, through } from "./load.js";

/** Whether the store is a release. */
export interface StoreOptions {
  /** STL and kin: ordered after every earlier access. */
  readonly release?: boolean;
}

/**
 * store l: t > v_addr ⊔ v_data ⊔ vwN ⊔ vCAP ⊔ coh[l] (⊔ vrO ⊔ vwO for a release);
 * coh[l] := t; vwO ⊔= t; vCAP ⊔= v_addr; fwd[l] := (t, v_addr ⊔ v_data); scl ⊔= t.
 */
export function store(
  core: CoreState,
  step: Step,
  address: Value,
  data: Value,
  size: number,
  options: StoreOptions = {},
): number {
  const { world, run } = step;
  const at = world.physical(address.value >>> 0);
  const cells = world.cells(at, size);

  const inputs = storeInputs(address, data);
  let bound = Math.max(inputs, storeFloor(core, cells));
  if (options.release) bound = Math.max(bound, core.vrO, core.vwO);
  // What coh stands for where this core never reads: its own stores there, which are ordered with this one anyway.
  let wide = bound;
  if (!options.release && !world.reads(step.core, at, size)) {
    wide = Math.max(inputs, core.vwN, core.vCAP);
  }

  const value = size === 4 ? data.value | 0 : data.value & (2 ** (8 * size) - 1);
  const t = run.write({ kind: "W", core: step.core, address: at, size, value }, bound, wide);

  const view = Math.max(address.view, data.view);
  for (const cell of cells) {
    core.coh[cell] = t;
    core.forwardAt[cell] = t;
    core.forwardView[cell] = view;
    core.forwardExclusive[cell] = 0;
  }
  core.vwO = Math.max(core.vwO, t);
  core.vCAP = Math.max(core.vCAP, address.view, address.pick ?? 0);
  const line = world.lineIndex(world.line(at));
  core.scl[line] = Math.max(core.scl[line] ?? 0, t);
  if (options.release) core.vRel = Math.max(core.vRel, t);
  run.tell(
    () =>
      `store 0x${hex(value, size)} to 0x${at.toString(16)} becomes message @${t}${through(address.value >>> 0, at)}`,
  );
  return t;
}

/** What a store waits for because it uses it. */
export function storeInputs(address: Value, data: Value): number {
  return Math.max(address.view, address.pick ?? 0, data.view, data.pick ?? 0);
}

/** What every later store of this core to the cells must follow. */
export function storeFloor(core: CoreState, cells: readonly number[]): number {
  // vCAP: a store is not made on speculation, and not before the addresses of earlier accesses are known.
  let floor = Math.max(core.vwN, core.vCAP);
  for (const cell of cells) floor = Math.max(floor, core.coh[cell] ?? 0);
  return floor;
}

/**
 * STREX: succeeds only where no other core's store to the bytes lies between the store LDREX read and this one; may always
 * fail. The status carries no view: on ARM it does not wait for the store. Returns 0 for success, 1 for failure.
 *
 * LDREX has one position, also where it read bytes of this core's own store T before that was in memory, and the others as of an earlier
 * position. That forbids nothing which goes byte by byte: there no store to the others lies between their position and this store, which
 * is behind T, so LDREX may as well read all as of T: the same value with the same view, and nothing before T counts any more.
 */
export function storeExclusive(
  core: CoreState,
  step: Step,
  address: Value,
  data: Value,
  size: number,
  options: StoreOptions = {},
): Value {
  const { run } = step;
  const at = step.world.physical(address.value >>> 0);
  const readAt = core.exclusiveAt;
  const matches = core.exclusiveAddress === at && core.exclusiveSize === size;
  core.exclusiveAt = -1;
  if (readAt < 0 || !matches || run.choose(2) === 1) {
    run.tell(() => `store-exclusive to 0x${at.toString(16)} fails`);
    return { value: 1, view: 0 };
  }
  step.world.noteRead(step.core, at, size);
  const t = store(core, step, address, data, size, options);
  for (const cell of step.world.cells(at, size)) core.forwardExclusive[cell] = 1;
  for (let between = readAt + 1; between < t; between++) {
    const message = run.memory[between - 1]!;
    if (message.kind === "W" && message.core !== step.core && overlaps(message.address, message.size, at, size)) {
      run.block();
    }
  }
  return { value: 0, view: 0 };
}
