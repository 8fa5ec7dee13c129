import { EventRefusal, refuseAt } from "./event-error.js";
import { type Fetch, maxSteps, parseFetch } from "./fetch.js";
import { type FetchType, fetchType } from "./fetch-type.js";
import { leadingNumber, unsignedNumber } from "./numbers.js";

/** An argument of an event: a name, where its value comes from, and how it is kept. */
export interface Argument {
  readonly name: string;
  /** As it was written, without the name. */
  readonly text: string;
  readonly fetch: Fetch;
  readonly type: FetchType;
  /** Elements, when it is an array. */
  readonly count: number | undefined;
  /** A part of the word that is fetched. */
  readonly bits: { readonly width: number; readonly offset: number } | undefined;
}

const maxTextLength = 63;
const maxNameLength = 32;
const maxElements = 64;
const maxRecordBytes = 3072;

const reservedNames = [
  "common_type",
  "common_flags",
  "common_preempt_count",
  "common_pid",
  "common_tgid",
  "__probe_ip",
  "__probe_ret_ip",
  "__probe_func",
];

/** A name that C would take. */
export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** Bytes that an argument takes in the record. */
function recordBytes({ type, count }: Pick<Argument, "type" | "count">): number {
  return type.size * (count ?? 1);
}

/**
 * Reads `NAME=SOURCE:TYPE`; without a name it is `argN`.
 *
 * @see linux kernel/trace/trace_probe.c, traceprobe_parse_probe_arg
 */
export function parseArgument(word: string, before: readonly Argument[], isReturn: boolean): Argument {
  const equals = word.indexOf("=");
  if (equals > maxNameLength) refuseAt("ARG_NAME_TOO_LONG", 0);
  if (equals === 0) refuseAt("NO_ARG_NAME", 0);
  const name = equals < 0 ? `arg${before.length + 1}` : word.slice(0, equals);
  if (!isIdentifier(name)) refuseAt("BAD_ARG_NAME", 0);
  if (reservedNames.includes(name) || before.some((one) => one.name === name)) refuseAt("USED_ARG_NAME", 0);
  const at = equals + 1;
  const used = before.reduce((sum, one) => sum + recordBytes(one), 0);
  return { name, ...parseBody(word.slice(at), isReturn, at, maxRecordBytes - used) };
}

function parseBody(text: string, isReturn: boolean, at: number, room: number): Omit<Argument, "name"> {
  if (text.length > maxTextLength) refuseAt("ARG_TOO_LONG", at);
  if (text === "") refuseAt("NO_ARG_BODY", at);
  const colon = text.indexOf(":");
  const source = colon < 0 ? text : text.slice(0, colon);
  const { typeName, count } = colon < 0 ? { typeName: undefined, count: undefined } : typeOf(text, colon, at);
  const typeAt = at + (colon < 0 ? 0 : colon + 1);
  const type = fetchType(textual(source, typeName, count) ? "string" : typeName) ?? refuseAt("BAD_TYPE", typeAt);
  if (recordBytes({ type, count }) > room) refuseAt("EVENT_TOO_BIG", at, "E2BIG");
  const { fetch, steps } = parseFetch(source, isReturn, at);
  const last = storeSteps(fetch, type, count, steps, typeAt, at);
  const bits = typeName?.startsWith("b") ? bitField(typeName, type, typeAt) : undefined;
  if (count !== undefined && (fetch.from !== "memory" || type.name === "symstr")) refuseAt("BAD_STRING", typeAt);
  if (count !== undefined && last + (bits === undefined ? 0 : 1) >= maxSteps - 1) refuseAt("TOO_MANY_OPS", at);
  return { text, fetch, type, count, bits };
}

/** What follows the colon: a type, and `[N]` behind it. */
function typeOf(text: string, colon: number, at: number): { typeName: string; count: number | undefined } {
  const open = text.indexOf("[", colon);
  if (open < 0) return { typeName: text.slice(colon + 1), count: undefined };
  const close = text.indexOf("]", open);
  if (close < 0) return refuseAt("ARRAY_NO_CLOSE", at + text.length);
  if (close + 1 < text.length) return refuseAt("BAD_ARRAY_SUFFIX", at + close + 1);
  const count = unsignedNumber(text.slice(open + 1, close)) ?? 0;
  if (count === 0) return refuseAt("BAD_ARRAY_NUM", at + open + 1);
  if (count > maxElements) return refuseAt("ARRAY_TOO_BIG", at + open + 1);
  return { typeName: text.slice(colon + 1, open), count };
}

/** Whether a source is text by itself; then no type but `string` goes with it, which the log does not mention. */
function textual(source: string, typeName: string | undefined, count: number | undefined): boolean {
  if (source !== "$comm" && source !== "$COMM" && !source.startsWith('\\"')) return false;
  if (count !== undefined || (typeName !== undefined && typeName !== "string")) refuseQuietly();
  return true;
}

/** How many steps there are once the value is stored, and whether the source goes with the type. */
function storeSteps(
  fetch: Fetch,
  { form, name }: FetchType,
  count: number | undefined,
  steps: number,
  typeAt: number,
  at: number,
): number {
  const { from } = fetch;
  const loads = from === "memory";
  const loadsKernel = from === "memory" && !fetch.user;
  if (form === "string") {
    const fits =
      name === "symstr"
        ? ["register", "stack", "return-value"].includes(from) || loadsKernel
        : ["memory", "immediate", "comm", "text"].includes(from);
    if (!fits) refuseAt(name === "symstr" ? "BAD_SYMSTRING" : "BAD_STRING", typeAt);
    if (loads && name !== "symstr" && count === undefined) return steps;
  } else if (loads) return steps;
  if (steps === maxSteps - 1) refuseAt("TOO_MANY_OPS", at);
  return steps + 1;
}

/** `bWIDTH@OFFSET/CONTAINER`. */
function bitField(text: string, { size }: FetchType, at: number): Argument["bits"] {
  const width = leadingNumber(text.slice(1));
  const behind = text.slice(1 + width.length);
  const offset = leadingNumber(behind.slice(1));
  const isWhole = width.value > 0 && behind.startsWith("@") && offset.length > 0 && behind[1 + offset.length] === "/";
  if (!isWhole || width.value + offset.value > 8 * size) return refuseAt("BAD_BITFIELD", at);
  return { width: width.value, offset: offset.value };
}

function refuseQuietly(): never {
  throw new EventRefusal({ errno: "EINVAL" });
}
