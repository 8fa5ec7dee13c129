import { findPlace } from "../life/checks.js";
import type { KernelText } from "../life/kernel-text.js";
import { type Argument, isIdentifier, parseArgument } from "./argument.js";
import { EventRefusal, refuseAt } from "./event-error.js";
import { signedNumber, unsignedNumber } from "./numbers.js";

/** What a line of `kprobe_events` defines. */
export interface EventCommand {
  readonly isReturn: boolean;
  readonly group: string;
  readonly event: string;
  /** Calls under way at most; 0 where the line does not say. */
  readonly maxActive: number;
  readonly symbol: string | undefined;
  /** Of a probe without a symbol. */
  readonly address: number | undefined;
  /** From the symbol. */
  readonly offset: number;
  readonly arguments: readonly Argument[];
}

const maxNameLength = 64;
const maxMaxActive = 4096;
const maxArguments = 128;

/** Runs a parser for one word, so that what it refuses points into that word. */
function inWord<T>(word: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof EventRefusal && error.fault.error !== undefined)
      throw new EventRefusal({ word, ...error.fault });
    throw error;
  }
}

/**
 * Reads a line that defines an event: `p:group/event symbol+4 name=%r0:u32`.
 *
 * @throws EventRefusal, which stays inside this package
 * @see linux kernel/trace/trace_kprobe.c, __trace_kprobe_create
 */
export function parseCommand(words: readonly string[], text: KernelText): EventCommand {
  const [head = "", place] = words;
  // Somebody else's event, or none: the kernel says nothing of it.
  if (!/^[pr]/.test(head) || place === undefined) throw new EventRefusal({ errno: "EINVAL" });
  const maxActive = inWord(0, () => maxActiveOf(head));
  const found = placeOf(place, head.startsWith("r"), text);
  const { isReturn, symbol, address, offset } = found;
  const named = inWord(0, () => nameOf(head));
  const where = symbol === undefined ? `0x${hex(address ?? 0)}` : `${symbol}_${offset}`;
  const event = named.event ?? `${isReturn ? "r" : "p"}_${where}`.slice(0, maxNameLength - 1).replace(/[:.]/g, "_");
  const args: Argument[] = [];
  for (const [i, word] of words.slice(2, 2 + maxArguments).entries())
    args.push(inWord(i + 2, () => parseArgument(word, args, isReturn && symbol !== undefined)));
  return { isReturn, group: named.group ?? "kprobes", event, maxActive, symbol, address, offset, arguments: args };
}

const hex = (value: number): string => value.toString(16).padStart(8, "0");

/** `r16:…`: how many calls may be under way. */
function maxActiveOf(head: string): number {
  if (!/^.\d/.test(head)) return 0;
  if (head.startsWith("p")) return refuseAt("MAXACT_NO_KPROBE", 1);
  const [digits = ""] = head.slice(1).split(":");
  const value = unsignedNumber(digits) ?? 0;
  if (value === 0) return refuseAt("BAD_MAXACT", 1);
  return value > maxMaxActive ? refuseAt("MAXACT_TOO_BIG", 1) : value;
}

/** `:group/event`; both may be left out. */
function nameOf(head: string): { group?: string; event?: string } {
  const colon = head.indexOf(":", 1);
  if (colon < 0) return {};
  const text = head.slice(colon + 1);
  const slash = text.includes("/") ? text.indexOf("/") : text.indexOf(".");
  const at = colon + 1;
  if (slash === 0) refuseAt("NO_GROUP_NAME", at);
  const group = slash < 0 ? undefined : text.slice(0, slash);
  if (group !== undefined && group.length + 1 > maxNameLength) refuseAt("GROUP_TOO_LONG", at);
  if (group !== undefined && !/^[A-Za-z_][A-Za-z0-9_-]*$/.test(group)) refuseAt("BAD_GROUP_NAME", at);
  const event = text.slice(slash + 1);
  const eventAt = at + slash + 1;
  if (event === "") return group === undefined ? refuseAt("NO_EVENT_NAME", eventAt) : { group };
  if (event.length >= maxNameLength) refuseAt("EVENT_TOO_LONG", eventAt);
  if (!isIdentifier(event)) refuseAt("BAD_EVENT_NAME", eventAt);
  return { ...(group !== undefined && { group }), event };
}

/** `symbol+4`, `module:symbol`, `symbol%return`, or an address. */
function placeOf(
  word: string,
  saysReturn: boolean,
  text: KernelText,
): Pick<EventCommand, "isReturn" | "symbol" | "address" | "offset"> {
  const address = unsignedNumber(word);
  if (address !== undefined) return { isReturn: saysReturn, symbol: undefined, address, offset: 0 };
  if (word.includes("/") && word.includes(":")) throw new EventRefusal({ errno: "EINVAL" });
  return inWord(1, () => {
    const percent = word.indexOf("%");
    if (percent >= 0 && word.slice(percent) !== "%return") return refuseAt("BAD_ADDR_SUFFIX", percent);
    const isReturn = saysReturn || percent >= 0;
    const place = percent < 0 ? word : word.slice(0, percent);
    const sign = place.search(/[+-]/);
    const symbol = sign < 0 ? place : place.slice(0, sign);
    const offset = sign < 0 ? 0 : signedNumber(place.slice(sign));
    if (offset === undefined || offset < 0) return refuseAt("BAD_PROBE_ADDR", 0);
    const found = findPlace(text, { symbol, offset });
    if (isReturn && found.ok && !found.entry) return refuseAt("BAD_RETPROBE", 0);
    if (!symbol.includes(":")) {
      const count = text.count?.(symbol) ?? (text.lookup(symbol) === undefined ? 0 : 1);
      if (count > 1) return refuseAt("NON_UNIQ_SYMBOL", 0, "EADDRNOTAVAIL");
      if (count === 0) return refuseAt("BAD_PROBE_ADDR", 0, "ENOENT");
    }
    return { isReturn, symbol, address: undefined, offset };
  });
}
