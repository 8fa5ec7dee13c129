import type { CoreState, Value } from "../core-state.js";
import type { Message } from "../message.js";
import type { Step } from "../world.js";
import { contextSynchronisation } from "./barrier.js";
import { type StoreOptions, storeInputs } from "./store.js";

/**
 * Raising an inter-processor interrupt is a store to the interrupt controller: t > vwN ⊔ vCAP ⊔ vDSB; vwO ⊔= t. Only a barrier
 * before it makes earlier stores visible to the core that takes it. Stores to one device arrive in program order: each is later than
 * `raisedAt`, the position of the interrupt raised just before. `inputs` is what the store's address and data wait for.
 */
export function sendInterrupt(core: CoreState, step: Step, to: number, inputs = 0): number {
  const floor = Math.max(interruptFloor(core), inputs);
  const ownInterrupt = (message: Message): boolean => message.kind === "IPI" && message.core === step.core;
  const t = step.run.write({ kind: "IPI", core: step.core, to }, Math.max(floor, core.raisedAt), floor, ownInterrupt);
  core.raisedAt = t;
  core.vwO = Math.max(core.vwO, t);
  step.run.tell(() => `raise an interrupt for core ${to}: message @${t}`);
  return t;
}

/** A store of an instruction to the interrupt controller: raises an interrupt for each of these cores. */
export function storeInterrupt(
  core: CoreState,
  step: Step,
  address: Value,
  data: Value,
  to: readonly number[],
  { release = false }: StoreOptions = {},
): void {
  const inputs = Math.max(storeInputs(address, data), release ? Math.max(core.vrO, core.vwO) : 0);
  for (const target of to) sendInterrupt(core, step, target, inputs);
  core.vCAP = Math.max(core.vCAP, address.view, address.pick ?? 0);
}

/** What every interrupt still to be raised by this core must follow. */
export function interruptFloor(core: CoreState): number {
  return Math.max(core.vwN, core.vCAP, core.vDSB);
}

/** Position of the next interrupt raised for this core and not yet taken, 0 when there is none. */
export function pendingInterrupt(core: CoreState, step: Step): number {
  const { memory } = step.run;
  for (let t = core.interruptAt + 1; t <= memory.length; t++) {
    const message = memory[t - 1]!;
    if (message.kind === "IPI" && message.to === step.core) return t;
  }
  return 0;
}

/**
 * Taking an interrupt: a context synchronisation, and not speculative: nothing this core does to memory or caches from here on
 * comes before the interrupt was raised, and nothing it executes was fetched before. Data reads are not tied to it: what the
 * handler must see, its own flags must carry. Without the fetch view, interrupting a core would not make it fetch afresh, and
 * no kernel could synchronise its cores that way.
 */
export function takeInterrupt(core: CoreState, step: Step, t: number): void {
  step.run.pick(t);
  core.interruptAt = t;
  contextSynchronisation(core);
  core.vF = Math.max(core.vF, t);
  core.vwN = Math.max(core.vwN, t);
  core.vDN = Math.max(core.vDN, t);
  core.vIN = Math.max(core.vIN, t);
  step.run.tell(() => `take the interrupt raised by @${t} (exception entry: context synchronisation)`);
}
