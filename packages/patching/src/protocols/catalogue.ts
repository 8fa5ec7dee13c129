import { storeAndMaintenance, storeOnly, syncCores } from "./live.js";
import type { Protocol } from "./protocol.js";
import { breakpointFirst, halfwordToggle } from "./staged.js";
import { kernelPatchText, seed2012, stopMachine } from "./stopped.js";

export type ProtocolName =
  | "store-only"
  | "store+maintenance"
  | "sync-cores"
  | "halfword-toggle"
  | "breakpoint-first"
  | "stop-machine"
  | "kernel-patch-text"
  | "seed-2012";

/** Every protocol by its name. */
export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  "store-only": storeOnly,
  "store+maintenance": storeAndMaintenance,
  "sync-cores": syncCores,
  "halfword-toggle": halfwordToggle,
  "breakpoint-first": breakpointFirst,
  "stop-machine": stopMachine,
  "kernel-patch-text": kernelPatchText,
  "seed-2012": seed2012,
};

export const PROTOCOL_NAMES: readonly ProtocolName[] = Object.keys(PROTOCOLS) as ProtocolName[];
