import { straddles } from "../edit.js";
import { arrive, awaitOthers, INTERRUPT, published, REMOTE_ISB } from "./common.js";
import { EXECUTION_PROPERTIES } from "./property.js";
import type { Change, Protocol } from "./protocol.js";
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

const patcherAlone = (changes: readonly Change[], dsb: "sy" | "st"): Step[] => [
  ...STOP,
  ...published(changes, dsb),
  RELEASE,
];

export const stopMachine: Protocol = {
  summary: "every other core waits elsewhere while one writes, and executes an ISB before it goes on",
  needsListing: false,
  resume: "branch",
  promises: [...EXECUTION_PROPERTIES, "never-new-then-old"],
  batches: true,
  steps: (changes) => ({ patcher: patcherAlone(changes, "sy"), others: [OUT_OF_THE_WAY, AWAIT_PATCHED, REMOTE_ISB] }),
};

/** The kernel's state machine where every core is asked to run the function: each writes, flushes and synchronises for itself. */
export const stopMachineAll: Protocol = {
  summary: "every core stops, then each writes and executes an ISB, then all go on: how Linux takes a kprobe away",
  needsListing: false,
  resume: "branch",
  promises: [...EXECUTION_PROPERTIES, "never-new-then-old"],
  batches: true,
  steps: (changes) => ({
    patcher: [
      ...STOP,
      { id: "release-run", operation: { op: "release", point: "run" }, why: "lets every core write: all have stopped" },
      ...published(changes),
      awaitOthers("written", "the change is complete only when every core has fetched afresh"),
      { id: "release-exit", operation: { op: "release", point: "exit" }, why: "lets the others go on" },
    ],
    others: [
      OUT_OF_THE_WAY,
      {
        id: "await-run",
        operation: { op: "await-release", point: "run" },
        why: "writes only when every core has stopped",
      },
      ...published(changes),
      arrive("written", "tells the patcher that this core has written and fetches afresh"),
      {
        id: "await-exit",
        operation: { op: "await-release", point: "exit" },
        why: "stays out of the way until all have written",
      },
    ],
  }),
};

/** Linux stops the machine once for each site. */
const linux = {
  needsListing: true,
  resume: "branch",
  promises: ["old-or-new", "no-deadlock"],
  batches: false,
} as const;

export const kernelPatchText: Protocol = {
  ...linux,
  summary: "today's Linux on 32-bit ARM: stop_machine, store-only barriers, and no ISB on the cores that wait",
  steps: (changes) => ({ patcher: patcherAlone(changes, "st"), others: [OUT_OF_THE_WAY, AWAIT_PATCHED] }),
};

export const seed2012: Protocol = {
  ...linux,
  summary: "Linux of 2012: live, unless a 32-bit Thumb instruction lies across a word; that stops the machine",
  steps: (changes): Readonly<Record<Role, readonly Step[]>> =>
    changes.some(({ edit }) => straddles(edit.address, edit.to.size).includes("word"))
      ? kernelPatchText.steps(changes)
      : { patcher: published(changes, "st"), others: [] },
};
