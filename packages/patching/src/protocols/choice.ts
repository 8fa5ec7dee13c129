import type { Architecture } from "@cmodx/codec";
import type { Edit } from "../edit.js";
import { listingOf } from "../rules/listing.js";
import { PROTOCOL_NAMES, PROTOCOLS, type ProtocolName } from "./catalogue.js";
import { burden, type Cost, cost } from "./cost.js";
import { type Plan, plan } from "./plan.js";
import { EXECUTION_PROPERTIES } from "./property.js";
import type { Change } from "./protocol.js";

/** A protocol as an answer to "how, then?". */
export interface ProtocolChoice {
  readonly name: ProtocolName;
  /** Whether every property of an execution holds for this edit: what `prove` says, and the test suite compares. */
  readonly sound: boolean;
  readonly cost: Cost;
}

/**
 * The protocols that can make `edit`, sound ones first, then by what they disturb: stalled cores, then interrupts.
 *
 * @param cores - cores of the machine, for the cost
 * @param listed - false where the code around the site makes the change one that no list covers
 */
export function protocolsFor(edit: Edit, architecture: Architecture, cores: number, listed = true): ProtocolChoice[] {
  return applicable(edit)
    .map((name) => {
      const made = plan(edit, name);
      return {
        name,
        sound: isSound(made, architecture) && (listed || !PROTOCOLS[name].needsListing),
        cost: cost(made, cores),
      };
    })
    .sort((a, b) => Number(b.sound) - Number(a.sound) || burden(a.cost) - burden(b.cost));
}

/** The first of {@link protocolsFor} if it is sound, without plans of those that never are. */
export function cheapestSound(edit: Edit, architecture: Architecture, cores: number): ProtocolName | undefined {
  let [least, cheapest]: [number, ProtocolName | undefined] = [Number.POSITIVE_INFINITY, undefined];
  for (const name of applicable(edit)) {
    if (!keepsExecutions(PROTOCOLS[name].promises)) continue;
    const made = plan(edit, name);
    const disturbs = burden(cost(made, cores));
    if (disturbs < least && isSound(made, architecture)) [least, cheapest] = [disturbs, name];
  }
  return cheapest;
}

function applicable(edit: Edit): ProtocolName[] {
  return PROTOCOL_NAMES.filter((name) => PROTOCOLS[name].refuses?.(edit, {}) === undefined);
}

function keepsExecutions(promises: Plan["promises"]): boolean {
  return EXECUTION_PROPERTIES.every((property) => promises.includes(property));
}

/** Whether every property of an execution holds for the plan: it is meant to have them, and what it relies on is listed. */
function isSound({ protocol, promises, changes }: Plan, architecture: Architecture): boolean {
  if (!keepsExecutions(promises)) return false;
  if (!PROTOCOLS[protocol].needsListing) return true;
  return changes.every((change) => passages(change).every((edit) => listingOf(edit, architecture).listed));
}

/** The changes that a site goes through while cores may fetch it. */
function passages({ edit, placeholder }: Change): Edit[] {
  return placeholder === undefined
    ? [edit]
    : [
        { ...edit, to: placeholder },
        { ...edit, from: placeholder },
      ];
}
