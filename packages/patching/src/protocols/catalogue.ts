import { type Edit, editSize } from "../edit.js";
import { maintenanceOf } from "./maintenance.js";
import { PROPERTY_NAMES, type Property } from "./property.js";
import type { Role, Step } from "./step.js";
import { storesOf } from "./stores.js";

/** A way to make an edit: steps for the core that makes it and for each of the others. */
export interface Protocol {
  readonly summary: string;
  /** Whether a core may fetch the site around the change without having synchronised; then the edit must be listed. */
  readonly needsListing: boolean;
  /**
   * How an interrupted core goes on: an exception return fetches afresh, a branch back from a thread that the interrupt woke
   * does not.
   */
  readonly resume: "exception-return" | "branch";
  /** What it is meant to guarantee; `prove` says whether it does. */
  readonly promises: readonly Property[];
  steps(edit: Edit): Readonly<Record<Role, readonly Step[]>>;
}

const isb = (id: string, why: string): Step => ({ id, operation: { op: "isb" }, why });

const OWN_ISB = isb("isb", "drops what this core has fetched ahead, so that it executes the new instruction itself");
const REMOTE_ISB = isb(
  "isb",
  "drops what this core has fetched ahead: maintenance is broadcast, context synchronisation is not",
);

const arrive = (point: string, why: string): Step => ({ id: "arrive", operation: { op: "arrive", point }, why });
const INTERRUPT: Step = {
  id: "interrupt",
  operation: { op: "interrupt-others" },
  why: "brings every other core to its steps",
};

/** Write, then make it fetchable, then fetch afresh on this core. */
const published = (edit: Edit, dsb: "sy" | "st" = "sy"): Step[] => [
  ...storesOf(edit),
  ...maintenanceOf(edit.address, editSize(edit), { dsb }),
  OWN_ISB,
];

/**
 * `stop_machine`: the others wait at a known place, none of them at the site, while one core writes.
 *
 * @see linux kernel/stop_machine.c multi_cpu_stop
 */
function stopped(edit: Edit, { dsb, waitersIsb }: { dsb: "sy" | "st"; waitersIsb: boolean }): Record<Role, Step[]> {
  return {
    patcher: [
      INTERRUPT,
      {
        id: "await-stopped",
        operation: { op: "await-others", point: "stopped" },
        why: "no core is in the middle of the site, or can come to it, once all have stopped",
      },
      {
        id: "dmb-after-stopped",
        operation: { op: "dmb" },
        why: "keeps the stores from being seen before the last core has stopped",
      },
      ...published(edit, dsb),
      {
        id: "release",
        operation: { op: "release", point: "patched" },
        why: "lets the others go on; the barrier before it has completed the change",
      },
    ],
    others: [
      arrive("stopped", "tells the patcher that this core is out of the way"),
      {
        id: "await-patched",
        operation: { op: "await-release", point: "patched" },
        why: "stays out of the way until the change is complete",
      },
      ...(waitersIsb ? [REMOTE_ISB] : []),
    ],
  };
}

export type ProtocolName = "store-only" | "store+maintenance" | "sync-cores" | "stop-machine" | "kernel-patch-text";

/** Every protocol by its name, cheapest first. */
export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  "store-only": {
    summary: "one store per aligned unit and nothing else",
    needsListing: true,
    resume: "exception-return",
    promises: ["old-or-new", "no-deadlock"],
    steps: (edit) => ({ patcher: storesOf(edit), others: [] }),
  },
  "store+maintenance": {
    summary: "store, clean, invalidate; each core sees it at its own next context synchronisation",
    needsListing: true,
    resume: "exception-return",
    promises: ["old-or-new", "no-deadlock"],
    steps: (edit) => ({ patcher: published(edit), others: [] }),
  },
  "sync-cores": {
    summary: "store, clean, invalidate, then an interrupt in which every core executes an ISB",
    needsListing: true,
    resume: "exception-return",
    promises: PROPERTY_NAMES,
    steps: (edit) => ({
      patcher: [
        ...published(edit),
        INTERRUPT,
        {
          id: "await-synced",
          operation: { op: "await-others", point: "synced" },
          why: "the change is complete only when every core has fetched afresh",
        },
      ],
      others: [REMOTE_ISB, arrive("synced", "tells the patcher that this core fetches afresh from here on")],
    }),
  },
  "stop-machine": {
    summary: "every other core waits elsewhere while one writes, and executes an ISB before it goes on",
    needsListing: false,
    resume: "branch",
    promises: PROPERTY_NAMES,
    steps: (edit) => stopped(edit, { dsb: "sy", waitersIsb: true }),
  },
  "kernel-patch-text": {
    summary: "today's Linux on 32-bit ARM: stop_machine, store-only barriers, and no ISB on the cores that wait",
    needsListing: true,
    resume: "branch",
    promises: ["old-or-new", "no-deadlock"],
    steps: (edit) => stopped(edit, { dsb: "st", waitersIsb: false }),
  },
};

export const PROTOCOL_NAMES: readonly ProtocolName[] = Object.keys(PROTOCOLS) as ProtocolName[];
