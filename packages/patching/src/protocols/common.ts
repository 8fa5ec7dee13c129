import { type Edit, editSize } from "../edit.js";
import { maintenanceOf } from "./maintenance.js";
import type { Step } from "./step.js";
import { storesOf } from "./stores.js";

/** The waiters' and interrupted cores' ISB. */
export const REMOTE_ISB: Step = isb(
  "drops what this core has fetched ahead: maintenance is broadcast, context synchronisation is not",
);

/** Brings every other core to its steps. */
export const INTERRUPT: Step = {
  id: "interrupt",
  operation: { op: "interrupt-others" },
  why: "brings every other core to its steps",
};

function isb(why: string): Step {
  return { id: "isb", operation: { op: "isb" }, why };
}

export function arrive(point: string, why: string): Step {
  return { id: `arrive-${point}`, operation: { op: "arrive", point }, why };
}

export function awaitOthers(point: string, why: string): Step {
  return { id: `await-${point}`, operation: { op: "await-others", point }, why };
}

/** Write, then make it fetchable, then fetch afresh on this core. */
export function published(edit: Edit, dsb: "sy" | "st" = "sy"): Step[] {
  return [
    ...storesOf(edit),
    ...maintenanceOf(edit.address, editSize(edit), { dsb }),
    isb("drops what this core has fetched ahead, so that it executes the new instruction itself"),
  ];
}
