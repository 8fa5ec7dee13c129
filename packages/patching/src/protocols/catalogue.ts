import { islandProtocol, literalLoad } from "./indirect.js";
import { flushEachCore, kickCores, nopToggle, storeAndMaintenance, storeOnly, syncCores } from "./live.js";
import type { Protocol } from "./protocol.js";
import { breakpointFirst, halfwordToggle } from "./staged.js";
import { kernelPatchText, seed2012, stopMachine, stopMachineAll } from "./stopped.js";

/** The name of one of {@link PROTOCOLS}. */
export type ProtocolName =
  | "store-only"
  | "store+maintenance"
  | "sync-cores"
  | "kick-cores"
  | "flush-each-core"
  | "nop-toggle"
  | "halfword-toggle"
  | "breakpoint-first"
  | "island"
  | "literal-load"
  | "stop-machine"
  | "stop-machine-all"
  | "kernel-patch-text"
  | "seed-2012";

/**
 * Every protocol by its name.
 *
 * @example
 * ```ts
 * PROTOCOLS["stop-machine"].batches; // true
 * ```
 */
export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  "store-only": storeOnly,
  "store+maintenance": storeAndMaintenance,
  "sync-cores": syncCores,
  "kick-cores": kickCores,
  "flush-each-core": flushEachCore,
  "nop-toggle": nopToggle,
  "halfword-toggle": halfwordToggle,
  "breakpoint-first": breakpointFirst,
  island: islandProtocol,
  "literal-load": literalLoad,
  "stop-machine": stopMachine,
  "stop-machine-all": stopMachineAll,
  "kernel-patch-text": kernelPatchText,
  "seed-2012": seed2012,
};

/**
 * Every protocol's name, in the order of the catalogue.
 *
 * @example
 * ```ts
 * PROTOCOL_NAMES.length; // 14
 * PROTOCOL_NAMES.slice(0, 3); // ["store-only", "store+maintenance", "sync-cores"]
 * ```
 */
export const PROTOCOL_NAMES: readonly ProtocolName[] = Object.keys(PROTOCOLS) as ProtocolName[];
