import { type Edit, type ProtocolName, plansFor } from "@cmodx/patching";
import { liveOrStop } from "./patcher.js";
import { type PlansCost, plansCost } from "./plans-cost.js";

/** What switching a key's sites costs a machine, one way. */
export interface SwitchCost extends PlansCost {
  readonly protocol: ProtocolName;
}

/** Linux's way, a machine stop for each site; and one plan for all of them, live where the architecture lists their instructions. */
export interface SwitchCosts {
  readonly linux: SwitchCost;
  readonly onePlan: SwitchCost;
}

/**
 * What the edits of one key cost, Linux's way and in one plan.
 *
 * @param edits - of all sites of one key
 * @param cores - cores of the machine, the patching one among them
 *
 * @example
 * ```ts
 * import { editOf } from "@cmodx/patching";
 *
 * const sites = [0x8000, 0x8010].map((address) => editOf({ isa: "a32", address, from: "nop", to: "b 0x9000" }));
 * const { linux, onePlan } = switchCosts(sites, 4);
 * [linux.stops, onePlan.stops, onePlan.protocol]; // [2, 0, "nop-toggle"]
 * ```
 */
export function switchCosts(edits: readonly Edit[], cores: number): SwitchCosts {
  return { linux: costOf(edits, "kernel-patch-text", cores), onePlan: costOf(edits, liveOrStop(edits), cores) };
}

function costOf(edits: readonly Edit[], protocol: ProtocolName, cores: number): SwitchCost {
  return { protocol, ...plansCost(plansFor(edits, protocol), cores) };
}
