import type { Edit } from "../edit.js";
import type { Architecture } from "../rules/architecture.js";
import { listingOf } from "../rules/listing.js";
import { PROTOCOL_NAMES, PROTOCOLS, type ProtocolName } from "./catalogue.js";
import { type Cost, cost } from "./cost.js";
import { plan } from "./plan.js";
import { PROPERTY_NAMES } from "./property.js";
import type { Protocol } from "./protocol.js";

/** A protocol as an answer to "how, then?". */
export interface ProtocolChoice {
  readonly name: ProtocolName;
  /** Whether every {@link PROPERTIES | property} holds for this edit: what `prove` says, and the test suite compares. */
  readonly sound: boolean;
  readonly cost: Cost;
}

/**
 * The protocols that can make `edit`, sound ones first, then by what they disturb: stalled cores, interrupts, operations.
 *
 * @param cores - cores of the machine, for the cost
 */
export function protocolsFor(edit: Edit, architecture: Architecture, cores: number): ProtocolChoice[] {
  const applicable = PROTOCOL_NAMES.filter((name) => PROTOCOLS[name].refuses?.(edit) === undefined);
  return applicable
    .map((name) => ({ name, sound: isSound(edit, PROTOCOLS[name], architecture), cost: cost(plan(edit, name), cores) }))
    .sort((a, b) => Number(b.sound) - Number(a.sound) || burden(a.cost) - burden(b.cost));
}

function isSound(edit: Edit, { promises, needsListing, placeholder }: Protocol, architecture: Architecture): boolean {
  if (!PROPERTY_NAMES.every((property) => promises.includes(property))) return false;
  if (!needsListing) return true;
  const between = placeholder?.(edit);
  const changes =
    between === undefined
      ? [edit]
      : [
          { ...edit, to: between },
          { ...edit, from: between },
        ];
  return changes.every((change) => listingOf(change, architecture).listed);
}

/** Stopping a core outweighs interrupting it, which outweighs any number of a few operations. */
function burden({ stalledCores, ipis, maintenance, barriers, stores }: Cost): number {
  return stalledCores * 1e6 + ipis * 1e3 + maintenance + barriers + stores;
}
