import { arrive, awaitOthers, INTERRUPT, published, REMOTE_ISB } from "./common.js";
import { PROPERTY_NAMES } from "./property.js";
import type { Protocol } from "./protocol.js";
import { storesOf } from "./stores.js";

// Protocols under which the other cores go on executing the site while it changes.

export const storeOnly: Protocol = {
  summary: "one store per aligned unit and nothing else",
  needsListing: true,
  resume: "exception-return",
  promises: ["old-or-new", "no-deadlock"],
  steps: (edit) => ({ patcher: storesOf(edit), others: [] }),
};

export const storeAndMaintenance: Protocol = {
  summary: "store, clean, invalidate; each core sees it at its own next context synchronisation",
  needsListing: true,
  resume: "exception-return",
  promises: ["old-or-new", "no-deadlock"],
  steps: (edit) => ({ patcher: published(edit), others: [] }),
};

export const syncCores: Protocol = {
  summary: "store, clean, invalidate, then an interrupt in which every core executes an ISB",
  needsListing: true,
  resume: "exception-return",
  promises: PROPERTY_NAMES,
  steps: (edit) => ({
    patcher: [
      ...published(edit),
      INTERRUPT,
      awaitOthers("synced", "the change is complete only when every core has fetched afresh"),
    ],
    others: [REMOTE_ISB, arrive("synced", "tells the patcher that this core fetches afresh from here on")],
  }),
};
