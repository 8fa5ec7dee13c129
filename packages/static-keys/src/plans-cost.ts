import { type Cost, cost, type Plan, stopsMachine } from "@cmodx/patching";

/** What several plans cost a machine together. */
export interface PlansCost extends Cost {
  /** How often the whole machine stops. */
  readonly stops: number;
}

/** @param cores - cores of the machine, the patching one among them */
export function plansCost(plans: readonly Plan[], cores: number): PlansCost {
  const prices = plans.map((made) => cost(made, cores));
  const sum = (name: keyof Cost) => prices.reduce((total, price) => total + price[name], 0);
  return {
    stops: plans.filter(stopsMachine).length,
    stores: sum("stores"),
    maintenance: sum("maintenance"),
    barriers: sum("barriers"),
    ipis: sum("ipis"),
    stalledCores: sum("stalledCores"),
  };
}
