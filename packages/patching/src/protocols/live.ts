import { arrive, awaitOthers, INTERRUPT, published, REMOTE_ISB, SYNCED, synchronised } from "./common.js";
import { toggles } from "./nop-and-branch.js";
import { EXECUTION_PROPERTIES } from "./property.js";
import type { Protocol } from "./protocol.js";
import type { Step } from "./step.js";
import { storesOfAll } from "./stores.js";

// Protocols under which the other cores go on executing the site while it changes.

const live = { needsListing: true, resume: "exception-return", batches: true } as const;

export const storeOnly: Protocol = {
  ...live,
  summary: "one store per aligned unit and nothing else",
  promises: ["old-or-new", "no-deadlock"],
  steps: (changes) => ({ patcher: storesOfAll(changes), others: [] }),
};

export const storeAndMaintenance: Protocol = {
  ...live,
  summary: "store, clean, invalidate; each core sees it at its own next context synchronisation",
  promises: ["old-or-new", "no-deadlock"],
  steps: (changes) => ({ patcher: published(changes), others: [] }),
};

const COMPLETE = "the change is complete only when every core has fetched afresh";

export const syncCores: Protocol = {
  ...live,
  summary: "store, clean, invalidate, then an interrupt in which every core executes an ISB",
  promises: EXECUTION_PROPERTIES,
  steps: (changes) => ({
    patcher: [...published(changes), ...synchronised(COMPLETE)],
    others: [REMOTE_ISB, SYNCED],
  }),
};

export const kickCores: Protocol = {
  ...live,
  summary: "as sync-cores without the ISB: entering and leaving the interrupt synchronises, as arm64 relies on",
  promises: EXECUTION_PROPERTIES,
  steps: (changes) => ({ patcher: [...published(changes), ...synchronised(COMPLETE)], others: [SYNCED] }),
};

const LOCAL_FLUSH: readonly Step[] = [
  {
    id: "invalidate-local",
    operation: { op: "invalidate-icache", address: "all", scope: "local" },
    why: "drops the old bytes from this core's instruction cache: the operation is not broadcast",
  },
  {
    id: "invalidate-predictor-local",
    operation: { op: "invalidate-predictor", address: "all", scope: "local" },
    why: "drops what this core's branch predictor remembers of the old instruction",
  },
  {
    id: "dsb-after-invalidate",
    operation: { op: "dsb", option: "sy" },
    why: "completes the invalidates before this core fetches again",
  },
];

export const flushEachCore: Protocol = {
  ...live,
  summary: "store, clean, then an interrupt in which every core invalidates its own instruction cache",
  promises: EXECUTION_PROPERTIES,
  steps: (changes) => ({
    patcher: [
      ...published(changes).filter(({ operation }) => !INVALIDATES.has(operation.op)),
      ...LOCAL_FLUSH.map((step) => ({ ...step, id: `${step.id}-own` })),
      { ...REMOTE_ISB, id: "isb-own", why: "drops what this core has fetched ahead" },
      INTERRUPT,
      awaitOthers("flushed", "the change is complete only when every core has dropped the old bytes"),
    ],
    others: [...LOCAL_FLUSH, REMOTE_ISB, arrive("flushed", "tells the patcher that this core fetches the new bytes")],
  }),
};

const INVALIDATES: ReadonlySet<string> = new Set(["invalidate-icache", "invalidate-predictor"]);

export const nopToggle: Protocol = {
  ...syncCores,
  summary:
    "the architectural NOP and B, both ways, while the other cores execute it: a static key's site without a stop",
  refuses: toggles,
};
