import { type Cost, cost, type Edit, type ProtocolName, plansFor } from "@cmodx/patching";
import { isStop, liveOrStop } from "./patcher.js";

/** What switching a key's sites costs a machine, one way. */
export interface SwitchCost extends Cost {
  readonly protocol: ProtocolName;
  /** How often the whole machine stops. */
  readonly stops: number;
}

/** Linux's way, a machine stop for each site; and one plan for all of them, live where the architecture lists their instructions. */
export interface SwitchCosts {
  readonly linux: SwitchCost;
  readonly onePlan: SwitchCost;
}

/**
 * What the edits of one key cost, Linux's way and in one plan.
 *
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
  const plans = plansFor(edits, protocol);
  const prices = plans.map((made) => cost(made, cores));
  const sum = (name: keyof Cost) => prices.reduce((total, price) => total + price[name], 0);
  return {
    protocol,
    stops: plans.filter(isStop).length,
    stores: sum("stores"),
    maintenance: sum("maintenance"),
    barriers: sum("barriers"),
    ipis: sum("ipis"),
    stalledCores: sum("stalledCores"),
  };
}
