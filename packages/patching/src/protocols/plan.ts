import { format } from "@cmodx/codec";
import { type Edit, editSize } from "../edit.js";
import { PatchingError } from "../patching-error.js";
import { PROTOCOL_NAMES, PROTOCOLS, type ProtocolName } from "./catalogue.js";
import type { Property } from "./property.js";
import type { Change, PlanOptions, Protocol } from "./protocol.js";
import type { Role, Step } from "./step.js";
import { expectations } from "./validation.js";

/** Edits and how to make them, as data: printed, costed, proved and ported from this one description. */
export interface Plan {
  readonly protocol: ProtocolName;
  /** In the order of the edits; at least one. */
  readonly changes: readonly [Change, ...Change[]];
  readonly promises: readonly Property[];
  readonly resume: Protocol["resume"];
  readonly steps: Readonly<Record<Role, readonly Step[]>>;
  /** Steps of the protocol that a search for a cheaper plan has found not to be needed. */
  readonly leftOut?: readonly string[];
}

/**
 * The plan that `protocol` makes of one edit, or of several at once: their stores together, then one round of maintenance, one
 * interrupt or one stop for them all.
 *
 * @param edits - one edit, or at least one, of which no two overlap
 * @param protocol - by name
 * @param options - what some protocols need: a place for veneers or literals, and whether the old bytes are compared first
 * @throws {PatchingError} `E_PROTOCOL` for a name that is not in the catalogue; `E_NOT_APPLICABLE` for a protocol that
 *   is no way to make this edit, or that makes no plan of several; `E_EDITS` for no edit at all or for edits that overlap
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * plan(edit, "store-only").steps.patcher.map((step) => step.id); // ["store"]
 * const other = editOf({ isa: "a32", address: 0x8010, from: "nop", to: "b 0x9000" });
 * cost(plan([edit, other], "sync-cores"), 4).ipis; // 3
 * ```
 */
export function plan(edits: Edit | readonly Edit[], protocol: ProtocolName, options: PlanOptions = {}): Plan {
  const way = protocolOf(protocol);
  const [first, ...rest] = Array.isArray(edits) ? (edits as readonly Edit[]) : [edits as Edit];
  if (first === undefined) throw editsError("there is no edit to plan", "give at least one edit", {});
  requireApart([first, ...rest]);
  for (const edit of [first, ...rest]) requireApplicable(edit, protocol, options);
  if (rest.length > 0 && !way.batches) {
    throw new PatchingError({
      code: "E_NOT_APPLICABLE",
      what: `${protocol} makes one edit at a time, and these are ${rest.length + 1}`,
      remedy: "make a plan for each edit with `plansFor`, or use a protocol that batches",
      facts: { protocol, edits: rest.length + 1 },
    });
  }
  const changeOf = (edit: Edit, index: number) => way.change?.(edit, options, index) ?? { edit };
  const changes = [changeOf(first, 0), ...rest.map((edit, i) => changeOf(edit, i + 1))] as const;
  const steps = way.steps(changes);
  const checks = options.validate === true ? expectations(changes) : [];
  return {
    protocol,
    changes,
    promises: options.validate === true ? [...way.promises, "validated-old-value"] : way.promises,
    resume: way.resume,
    steps: { ...steps, patcher: [...checks, ...steps.patcher] },
  };
}

/**
 * The plans by which `protocol` makes all of `edits`: one where it batches, else one for each.
 *
 * @param edits - at least one, of which no two overlap
 * @param protocol - by name
 * @param options - as for {@link plan}
 * @throws {PatchingError} as {@link plan}
 *
 * @example
 * ```ts
 * const edits = [0x8000, 0x8010].map((address) => editOf({ isa: "a32", address, from: "nop", to: "b 0x9000" }));
 * plansFor(edits, "stop-machine").length; // 1
 * plansFor(edits, "kernel-patch-text").length; // 2
 * ```
 */
export function plansFor(edits: readonly Edit[], protocol: ProtocolName, options: PlanOptions = {}): Plan[] {
  if (edits.length === 0) return [];
  return protocolOf(protocol).batches
    ? [plan(edits, protocol, options)]
    : edits.map((edit) => plan(edit, protocol, options));
}

function protocolOf(name: ProtocolName): Protocol {
  if (Object.hasOwn(PROTOCOLS, name)) return PROTOCOLS[name];
  throw new PatchingError({
    code: "E_PROTOCOL",
    what: `there is no protocol "${name}"`,
    remedy: `use one of ${PROTOCOL_NAMES.join(", ")}`,
    facts: { protocol: name },
  });
}

function requireApplicable(edit: Edit, protocol: ProtocolName, options: PlanOptions): void {
  const refusal = PROTOCOLS[protocol].refuses?.(edit, options);
  if (refusal === undefined) return;
  throw new PatchingError({
    code: "E_NOT_APPLICABLE",
    what: `${protocol} cannot change ${format(edit.from)} into ${format(edit.to)}: ${refusal}`,
    remedy: "use a protocol that `check` offers for this edit",
    facts: { protocol, isa: edit.isa, address: edit.address },
  });
}

/** Two edits of the same bytes have no meaning at once. */
function requireApart(edits: readonly Edit[]): void {
  const sorted = edits.toSorted((a, b) => a.address - b.address);
  for (const [i, edit] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before === undefined || before.address + editSize(before) <= edit.address) continue;
    const [one, other] = [before.address, edit.address].map((address) => `0x${address.toString(16)}`);
    throw editsError(`the edits at ${one} and ${other} overlap`, "make them one after the other", {
      address: edit.address,
    });
  }
}

function editsError(what: string, remedy: string, facts: Record<string, number>): PatchingError {
  return new PatchingError({ code: "E_EDITS", what, remedy, facts });
}
