import type { Edit } from "../edit.js";
import { PatchingError } from "../patching-error.js";
import { PROTOCOL_NAMES, PROTOCOLS, type Protocol, type ProtocolName } from "./catalogue.js";
import type { Property } from "./property.js";
import type { Role, Step } from "./step.js";

/** An edit and how to make it, as data: printed, costed, proved and ported from this one description. */
export interface Plan {
  readonly protocol: ProtocolName;
  readonly edit: Edit;
  readonly promises: readonly Property[];
  readonly resume: Protocol["resume"];
  readonly steps: Readonly<Record<Role, readonly Step[]>>;
}

/**
 * The plan that `protocol` makes of `edit`.
 *
 * @throws {PatchingError} `E_PROTOCOL` for a name that is not in the catalogue
 *
 * @example
 * ```ts
 * plan(edit, "store+maintenance").steps.patcher.map((step) => step.id);
 * // ["store", "clean", "dsb-after-clean", "invalidate", "invalidate-predictor", "dsb-after-invalidate", "isb"]
 * ```
 */
export function plan(edit: Edit, protocol: ProtocolName): Plan {
  if (!Object.hasOwn(PROTOCOLS, protocol)) {
    throw new PatchingError({
      code: "E_PROTOCOL",
      what: `there is no protocol "${protocol}"`,
      remedy: `use one of ${PROTOCOL_NAMES.join(", ")}`,
      facts: { protocol },
    });
  }
  const { promises, resume, steps } = PROTOCOLS[protocol];
  return { protocol, edit, promises, resume, steps: steps(edit) };
}
