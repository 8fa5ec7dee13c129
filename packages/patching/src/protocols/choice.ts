import type { Edit } from "../edit.js";
import { PROTOCOL_NAMES, PROTOCOLS, type ProtocolName } from "./catalogue.js";
import { type Cost, cost } from "./cost.js";
import { plan } from "./plan.js";
import { PROPERTY_NAMES } from "./property.js";

/** A protocol as an answer to "how, then?". */
export interface ProtocolChoice {
  readonly name: ProtocolName;
  /** Whether every {@link PROPERTIES | property} holds for this edit: what `prove` says, and the test suite compares. */
  readonly sound: boolean;
  readonly cost: Cost;
}

/**
 * The protocols for `edit`, sound ones first, then by what they disturb: stalled cores, interrupts, operations.
 *
 * @param listed - whether the architecture covers the edit while other cores execute it
 * @param cores - cores of the machine, for the cost
 */
export function protocolsFor(edit: Edit, listed: boolean, cores: number): ProtocolChoice[] {
  return PROTOCOL_NAMES.map((name) => {
    const { needsListing, promises } = PROTOCOLS[name];
    const sound = (listed || !needsListing) && PROPERTY_NAMES.every((property) => promises.includes(property));
    return { name, sound, cost: cost(plan(edit, name), cores) };
  }).sort((a, b) => Number(b.sound) - Number(a.sound) || burden(a.cost) - burden(b.cost));
}

/** Stopping a core outweighs interrupting it, which outweighs any number of a few operations. */
function burden({ stalledCores, ipis, maintenance, barriers, stores }: Cost): number {
  return stalledCores * 1e6 + ipis * 1e3 + maintenance + barriers + stores;
}
