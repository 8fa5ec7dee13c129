import type { EventDefinition, EventField, EventValues, FieldValue } from "@cmodx/trace";
import { eventError } from "./event-definition.js";

/**
 * Writes a record as it stands in the ring buffer, little-endian. Fields that are not given are zero; text that is too long for its
 * array is cut, and always ends with a zero byte.
 *
 * @param definition - the event, with the layout of its fields
 * @param values - by the fields' names; numbers are cut to the fields' sizes
 * @throws {StaticKeysError} `E_EVENT` for a name that is no field of the event, or a value of another kind than its field
 *
 * @example
 * ```ts
 * const fields = [{ kind: "field", type: "pid_t", name: "pid" }] as const;
 * const wake = eventDefinition({ system: "demo", name: "wake", id: 500, fields, print: '"pid=%d", REC->pid' });
 * [...encodeRecord(wake, { pid: 258 })].slice(8); // [2, 1, 0, 0]
 * ```
 */
export function encodeRecord(definition: EventDefinition, values: EventValues): Uint8Array {
  const { common, fields, size, id } = definition;
  const all = [...common, ...fields];
  for (const name of Object.keys(values)) {
    if (!all.some((field) => field.name === name))
      throw eventError(`${definition.name} has no field "${name}"`, "see its format");
  }
  const tails: Uint8Array[] = [];
  let end = size;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const field of all) {
    const value =
      values[field.name] ?? (field.name === "common_type" ? id : field.text ? "" : field.kind === "field" ? 0 : []);
    if (field.kind === "dynamic") {
      const tail = tailOf(field, value);
      // The length in the upper half, the offset from the record's start in the lower.
      view.setUint32(field.offset, ((tail.length << 16) | end) >>> 0, true);
      tails.push(tail);
      end += tail.length;
    } else if (field.text) bytes.set(textBytes(value, field).subarray(0, field.size - 1), field.offset);
    else
      for (const [i, each] of numbersOf(field, value).entries())
        put(view, field.offset + i * field.element.size, field, each);
  }
  const record = new Uint8Array(end);
  record.set(bytes);
  let at = size;
  for (const tail of tails) {
    record.set(tail, at);
    at += tail.length;
  }
  return record;
}

/**
 * Reads a record.
 *
 * @param definition - the event, with the layout of its fields
 * @param bytes - one record, from its first byte
 * @throws {StaticKeysError} `E_EVENT` for bytes that end before the record does
 *
 * @example
 * ```ts
 * const fields = [{ kind: "field", type: "pid_t", name: "pid" }] as const;
 * const wake = eventDefinition({ system: "demo", name: "wake", id: 500, fields, print: '"pid=%d", REC->pid' });
 * decodeRecord(wake, encodeRecord(wake, { pid: -2 }))["pid"]; // -2
 * ```
 */
export function decodeRecord({ name, common, fields, size }: EventDefinition, bytes: Uint8Array): EventValues {
  if (bytes.length < size)
    throw eventError(`a record of ${name} has at least ${size} bytes, and these are ${bytes.length}`, "give all of it");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Object.fromEntries([...common, ...fields].map((field) => [field.name, fieldValue(view, field)]));
}

function fieldValue(view: DataView, field: EventField): FieldValue {
  let { offset: at, size: length } = field;
  if (field.kind === "dynamic") {
    const where = view.getUint32(field.offset, true);
    [at, length] = [where & 0xffff, where >>> 16];
    if (at + length > view.byteLength)
      throw eventError(`"${field.name}" ends behind its record`, "the record is damaged");
  }
  if (field.text) {
    const raw = new Uint8Array(view.buffer, view.byteOffset + at, length);
    const end = raw.indexOf(0);
    return new TextDecoder().decode(end < 0 ? raw : raw.subarray(0, end));
  }
  const { size } = field.element;
  const values = Array.from({ length: Math.floor(length / size) }, (_, i) => get(view, at + i * size, field));
  return field.kind === "field" ? (values[0] ?? 0) : values;
}

function tailOf(field: EventField, value: FieldValue): Uint8Array {
  if (field.text) return Uint8Array.from([...textBytes(value, field), 0]);
  const values = numbersOf(field, value);
  const tail = new Uint8Array(values.length * field.element.size);
  const view = new DataView(tail.buffer);
  for (const [i, each] of values.entries()) put(view, i * field.element.size, field, each);
  return tail;
}

function textBytes(value: FieldValue, { name }: EventField): Uint8Array {
  if (typeof value !== "string") throw eventError(`"${name}" is text`, "give it a string");
  return new TextEncoder().encode(value);
}

function numbersOf({ name, kind, size, element }: EventField, value: FieldValue): readonly (number | bigint)[] {
  const values = Array.isArray(value) ? (value as readonly (number | bigint)[]) : [value as number | bigint];
  const most = kind === "field" ? 1 : kind === "array" ? size / element.size : Number.POSITIVE_INFINITY;
  const right = values.every((each) => typeof each === "number" || typeof each === "bigint");
  if (right && values.length <= most) return values;
  throw eventError(
    `"${name}" takes ${kind === "field" ? "a number" : `at most ${most} numbers`}`,
    "see the event's format",
  );
}

function put(view: DataView, at: number, { element: { size } }: EventField, value: number | bigint): void {
  if (size === 1) view.setUint8(at, Number(value));
  else if (size === 2) view.setUint16(at, Number(value), true);
  else if (size === 4) view.setUint32(at, Number(BigInt.asUintN(32, BigInt(value))), true);
  else view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
}

function get(view: DataView, at: number, { element: { size, signed } }: EventField): number | bigint {
  switch (size) {
    case 1:
      return signed ? view.getInt8(at) : view.getUint8(at);
    case 2:
      return signed ? view.getInt16(at, true) : view.getUint16(at, true);
    case 4:
      return signed ? view.getInt32(at, true) : view.getUint32(at, true);
    case 8:
      return signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
  }
}
