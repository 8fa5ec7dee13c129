import { editSize } from "../edit.js";
import { maintenanceOf } from "./maintenance.js";
import type { Change } from "./protocol.js";
import type { Step } from "./step.js";
import { storesOfAll } from "./stores.js";

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
export function published(changes: readonly Change[], dsb: "sy" | "st" = "sy"): Step[] {
  const ranges = changes.map(({ edit }) => ({ address: edit.address, size: editSize(edit) }));
  return [
    ...storesOfAll(changes),
    ...maintenanceOf(ranges, { dsb }),
    isb("drops what this core has fetched ahead, so that it executes the new instruction itself"),
  ];
}

/** An interrupt to every other core, and the wait until each has done its steps. */
export function synchronised(why: string): Step[] {
  return [INTERRUPT, awaitOthers("synced", why)];
}

/** The interrupted cores' side of it. */
export const SYNCED: Step = arrive("synced", "tells the patcher that this core fetches afresh from here on");
