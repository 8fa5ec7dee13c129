import { format, type Insn } from "@cmodx/codec";
import type { Edit } from "../edit.js";
import { PatchingError } from "../patching-error.js";
import { PROTOCOL_NAMES, PROTOCOLS, type ProtocolName } from "./catalogue.js";
import type { Property } from "./property.js";
import type { Protocol } from "./protocol.js";
import type { Role, Step } from "./step.js";

/** An edit and how to make it, as data: printed, costed, proved and ported from this one description. */
export interface Plan {
  readonly protocol: ProtocolName;
  readonly edit: Edit;
  readonly promises: readonly Property[];
  readonly resume: Protocol["resume"];
  /** What the site holds in between, if anything. */
  readonly placeholder?: Insn;
  readonly steps: Readonly<Record<Role, readonly Step[]>>;
}

/**
 * The plan that `protocol` makes of `edit`.
 *
 * @throws {PatchingError} `E_PROTOCOL` for a name that is not in the catalogue; `E_NOT_APPLICABLE` for a protocol that
 *   is no way to make this edit
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * plan(edit, "store-only").steps.patcher.map((step) => step.id); // ["store"]
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
  const { promises, resume, placeholder, refuses, steps } = PROTOCOLS[protocol];
  const refusal = refuses?.(edit);
  if (refusal !== undefined) {
    throw new PatchingError({
      code: "E_NOT_APPLICABLE",
      what: `${protocol} cannot change ${format(edit.from)} into ${format(edit.to)}: ${refusal}`,
      remedy: "use a protocol that `check` offers for this edit",
      facts: { protocol, isa: edit.isa, address: edit.address },
    });
  }
  const between = placeholder?.(edit);
  return {
    protocol,
    edit,
    promises,
    resume,
    ...(between === undefined ? {} : { placeholder: between }),
    steps: steps(edit),
  };
}
