import { COMMON_FIELDS, type EventDefinition, type EventField } from "@cmodx/trace";
import { StaticKeysError } from "../static-keys-error.js";
import { cType } from "./c-type.js";

/** A field as `TP_STRUCT__entry` declares it. */
export type FieldDeclaration =
  /** `__field(type, name)` */
  | { readonly kind: "field"; readonly type: string; readonly name: string }
  /** `__array(type, name, length)`; an array of `char` is a string */
  | { readonly kind: "array"; readonly type: string; readonly name: string; readonly length: number }
  /** `__string(name, …)`, `__dynamic_array(type, name, …)`: its length is the record's own */
  | { readonly kind: "dynamic"; readonly type: string; readonly name: string };

/**
 * Lays out an event's records as the compiler does: each field at the next multiple of its type's alignment.
 *
 * @param declared.id - the number that `common_type` has; the kernel's own start behind 18
 * @throws {StaticKeysError} `E_EVENT` for a type of unknown size, a name that occurs twice, or an array without elements
 *
 * @example
 * ```ts
 * const wake = eventDefinition({
 *   system: "sched",
 *   name: "wake",
 *   id: 300,
 *   fields: [{ kind: "array", type: "char", name: "comm", length: 16 }, { kind: "field", type: "pid_t", name: "pid" }],
 *   print: '"comm=%s pid=%d", REC->comm, REC->pid',
 * });
 * wake.fields.map(({ offset }) => offset); // [8, 24]
 * ```
 *
 * @see linux kernel/trace/trace_events.c f_show; include/trace/stages
 */
export function eventDefinition(declared: {
  readonly system: string;
  readonly name: string;
  readonly id: number;
  readonly fields: readonly FieldDeclaration[];
  readonly print: string;
}): EventDefinition {
  const { fields: own, ...rest } = declared;
  let at = COMMON_FIELDS.reduce((sum, { size }) => sum + size, 0);
  let widest = 4;
  const place = (field: FieldDeclaration): EventField => {
    const made = fieldAt(field, at);
    at = made.offset + made.size;
    widest = Math.max(widest, made.element.size);
    return made;
  };
  const fields = own.map(place);
  const names = [...COMMON_FIELDS, ...fields].map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw eventError(`the field "${twice}" occurs twice`, "give each field a name of its own");
  return { ...rest, common: COMMON_FIELDS, fields, size: Math.ceil(at / widest) * widest };
}

function fieldAt(field: FieldDeclaration, at: number): EventField {
  const { kind, type, name } = field;
  const element = cType(type);
  if (field.kind === "array" && !(field.length > 0))
    throw eventError(`"${name}" has no elements`, "give it a length from 1");
  // What stands in the record for a dynamic field is one word: where it is, and how long.
  const unit = kind === "dynamic" ? 4 : element.size;
  const offset = Math.ceil(at / unit) * unit;
  const size = field.kind === "array" ? field.length * element.size : unit;
  const declaration =
    field.kind === "array"
      ? `${type} ${name}[${field.length}]`
      : kind === "dynamic"
        ? `__data_loc ${type}[] ${name}`
        : `${type}${type.endsWith("*") ? "" : " "}${name}`;
  const text = kind !== "field" && type.replaceAll(/\bconst\b/g, "").trim() === "char";
  return { name, declaration, kind, element, text, offset, size, signed: element.signed };
}

export function eventError(what: string, remedy: string, facts: Record<string, string | number> = {}): StaticKeysError {
  return new StaticKeysError({ code: "E_EVENT", what, remedy, facts });
}
