import type { CoreState, Value } from "../core-state.js";
import type { Step } from "../world.js";

/** Which earlier accesses a DMB or DSB waits for: all, loads only (ARMv8), stores only. */
export type BarrierOption = "sy" | "ld" | "st";

/**
 * DMB SY: v = vrO ⊔ vwO; vrN, vwN ⊔= v ⊔ vD; vDN ⊔= v ⊔ vD. LD: vrN, vwN ⊔= vrO. ST: vwN ⊔= vwO.
 *
 * It orders cleans of the data cache as accesses, but not invalidates of the instruction cache.
 */
export function dmb(core: CoreState, step: Step, option: BarrierOption): void {
  if (option === "sy") {
    const v = Math.max(core.vrO, core.vwO, core.vD);
    core.vrN = Math.max(core.vrN, v);
    core.vwN = Math.max(core.vwN, v);
    core.vDN = Math.max(core.vDN, v);
  } else if (option === "ld") {
    core.vrN = Math.max(core.vrN, core.vrO);
    core.vwN = Math.max(core.vwN, core.vrO);
  } else {
    core.vwN = Math.max(core.vwN, core.vwO);
  }
  step.run.tell(() => `dmb ${option}`);
}

/**
 * DSB SY: v = vrO ⊔ vwO ⊔ vD ⊔ vI; vDSB, vrN, vwN, vDN, vIN ⊔= v. (LD: v = vrO; ST: v = vwO.)
 *
 * It alone waits for cache maintenance to finish, and only what it waited for is seen by fetches after an ISB.
 */
export function dsb(core: CoreState, step: Step, option: BarrierOption): void {
  const v = option === "sy" ? Math.max(core.vrO, core.vwO, core.vD, core.vI) : option === "ld" ? core.vrO : core.vwO;
  core.vDSB = Math.max(core.vDSB, v);
  if (option === "sy") core.finishedI = core.vI;
  core.vrN = Math.max(core.vrN, v);
  core.vwN = Math.max(core.vwN, v);
  core.vDN = Math.max(core.vDN, v);
  core.vIN = Math.max(core.vIN, v);
  step.run.tell(() => `dsb ${option}`);
}

/**
 * ISB, exception entry, exception return: v = vCAP ⊔ vDSB; vrN, vwN, vF, vDN, vIN ⊔= v.
 *
 * Context synchronisation throws away what was fetched ahead. Without it a core may execute what it fetched long ago, no matter
 * which cache maintenance has completed since: vF is the only view that fetches respect.
 */
export function contextSynchronisation(core: CoreState): void {
  const v = Math.max(core.vCAP, core.vDSB);
  core.vrN = Math.max(core.vrN, v);
  core.vwN = Math.max(core.vwN, v);
  core.vF = Math.max(core.vF, v);
  core.fetchedI = core.finishedI;
  core.vDN = Math.max(core.vDN, v);
  core.vIN = Math.max(core.vIN, v);
}

/** branch on a condition or to a register: vCAP, vC ⊔= v_cond (reads and fetches beyond it stay speculative). */
export function control(core: CoreState, condition: Value): void {
  const view = Math.max(condition.view, condition.pick ?? 0);
  core.vCAP = Math.max(core.vCAP, view);
  core.vC = Math.max(core.vC, view);
}
