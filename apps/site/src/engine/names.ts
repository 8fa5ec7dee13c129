import type { Property, ProtocolName } from "@cmodx/patching";

// Names that the page offers. The catalogue itself is the engine's, and stays in its worker: a test compares the two.

export const PROTOCOL_CHOICES: readonly ProtocolName[] = [
  "store-only",
  "store+maintenance",
  "sync-cores",
  "kick-cores",
  "flush-each-core",
  "nop-toggle",
  "halfword-toggle",
  "breakpoint-first",
  "island",
  "literal-load",
  "stop-machine",
  "stop-machine-all",
  "kernel-patch-text",
  "seed-2012",
];

export const PROPERTY_CHOICES: readonly Property[] = [
  "old-or-new",
  "new-after-completion",
  "never-new-then-old",
  "no-deadlock",
  "validated-old-value",
];
