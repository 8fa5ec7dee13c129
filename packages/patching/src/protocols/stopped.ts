import { type Edit, straddles } from "../edit.js";
import { arrive, awaitOthers, INTERRUPT, published, REMOTE_ISB } from "./common.js";
import { PROPERTY_NAMES } from "./property.js";
import type { Protocol } from "./protocol.js";
import type { Role, Step } from "./step.js";

// Protocols under which the other cores wait at a known place, none of them at the site: the kernel's stop_machine.
// See linux kernel/stop_machine.c multi_cpu_stop. Its threads are only woken by the interrupt and go back to the task
// through the scheduler, so leaving it is no exception return.

const STOP: readonly Step[] = [
  INTERRUPT,
  awaitOthers("stopped", "no core is in the middle of the site, or can come to it, once all have stopped"),
  {
    id: "dmb-after-stopped",
    operation: { op: "dmb" },
    why: "keeps the stores from being seen before the last core has stopped",
  },
];

const OUT_OF_THE_WAY = arrive("stopped", "tells the patcher that this core is out of the way");

const AWAIT_PATCHED: Step = {
  id: "await-patched",
  operation: { op: "await-release", point: "patched" },
  why: "stays out of the way until the change is complete",
};

const RELEASE: Step = {
  id: "release",
  operation: { op: "release", point: "patched" },
  why: "lets the others go on; the barrier before it has completed the change",
};

const patcherAlone = (edit: Edit, dsb: "sy" | "st"): Step[] => [...STOP, ...published(edit, dsb), RELEASE];

export const stopMachine: Protocol = {
  summary: "every other core waits elsewhere while one writes, and executes an ISB before it goes on",
  needsListing: false,
  resume: "branch",
  promises: PROPERTY_NAMES,
  steps: (edit) => ({ patcher: patcherAlone(edit, "sy"), others: [OUT_OF_THE_WAY, AWAIT_PATCHED, REMOTE_ISB] }),
};

export const kernelPatchText: Protocol = {
  summary: "today's Linux on 32-bit ARM: stop_machine, store-only barriers, and no ISB on the cores that wait",
  needsListing: true,
  resume: "branch",
  promises: ["old-or-new", "no-deadlock"],
  steps: (edit) => ({ patcher: patcherAlone(edit, "st"), others: [OUT_OF_THE_WAY, AWAIT_PATCHED] }),
};

export const seed2012: Protocol = {
  summary: "Linux of 2012: live, unless a 32-bit Thumb instruction lies across a word; that stops the machine",
  needsListing: true,
  resume: "branch",
  promises: ["old-or-new", "no-deadlock"],
  steps: (edit): Readonly<Record<Role, readonly Step[]>> =>
    straddles(edit.address, edit.to.size).includes("word")
      ? kernelPatchText.steps(edit)
      : { patcher: published(edit, "st"), others: [] },
};
