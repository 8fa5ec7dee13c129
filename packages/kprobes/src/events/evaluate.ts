import type { FieldValue } from "@cmodx/trace";
import { symbolAddress } from "../life/checks.js";
import type { KernelText } from "../life/kernel-text.js";
import type { Registers } from "../life/registers.js";
import type { Argument } from "./argument.js";
import type { Fetch } from "./fetch.js";
import { signedNumber } from "./numbers.js";

/** What arguments are fetched from. */
export interface FetchWorld {
  readonly text: KernelText;
  /** Bytes of the kernel's memory, or of the user's; undefined where there are none. */
  read(address: number, size: number, user: boolean): Uint8Array | undefined;
  /** The name of the task that runs. */
  comm(): string;
}

const maxStringBytes = 4096;

/** What was fetched of one element: its bits, or text; undefined where memory could not be read for text. */
type Element = bigint | string | undefined;

/** What was fetched for an argument; of an array, element by element. */
export type Fetched = Element | readonly Element[];

/** @see linux kernel/trace/trace_probe_tmpl.h */
export function fetchArgument(argument: Argument, registers: Registers, world: FetchWorld): Fetched {
  const { count } = argument;
  if (count === undefined) return fetchElement(argument, registers, world, 0);
  return Array.from({ length: count }, (_, i) => fetchElement(argument, registers, world, i));
}

/** The text that the trace shows of an argument: ` name=value`. */
export function argumentText(argument: Argument, fetched: Fetched, text: KernelText): string {
  const shown = isArray(fetched)
    ? `{${fetched.map((one) => elementText(argument, one, text)).join(",")}}`
    : elementText(argument, fetched, text);
  return ` ${argument.name}=${shown}`;
}

/** As filters compare it: what could not be read is no text, and several texts are nothing to compare with. */
export function fieldValue({ type }: Argument, fetched: Fetched): FieldValue {
  if (type.form === "string") return typeof fetched === "string" ? fetched : isArray(fetched) ? [] : "";
  const number = (one: Element) => {
    const bits = BigInt(one ?? 0);
    const value = type.form === "signed" ? BigInt.asIntN(8 * type.size, bits) : bits;
    return type.size === 8 ? value : Number(value);
  };
  return isArray(fetched) ? fetched.map(number) : number(fetched);
}

function isArray(fetched: Fetched): fetched is readonly Element[] {
  return Array.isArray(fetched);
}

function fetchElement(argument: Argument, registers: Registers, world: FetchWorld, index: number): Element {
  const { type, fetch, count, bits } = argument;
  if (type.form === "string") return fetchText(argument, registers, world, index);
  const raw =
    fetch.from === "memory"
      ? load(world, addressOf(fetch, registers, world), index * type.size, type.size, fetch.user)
      : BigInt(fetched(fetch, registers, world) ?? 0);
  const kept = BigInt.asUintN(8 * type.size, raw);
  return bits === undefined || count !== undefined
    ? kept
    : (kept >> BigInt(bits.offset)) & ((1n << BigInt(bits.width)) - 1n);
}

function elementText({ type }: Argument, element: Element, text: KernelText): string {
  // What cannot be read is empty in the record, and the trace says so.
  if (element === undefined) return "(fault)";
  if (typeof element === "string") return `"${element}"`;
  switch (type.form) {
    case "hex":
      return `0x${element.toString(16)}`;
    case "signed":
      return BigInt.asIntN(8 * type.size, element).toString();
    case "symbol":
      return symbolText(text, Number(element));
    case "char":
      return `'${String.fromCharCode(Number(element))}'`;
    default:
      return element.toString();
  }
}

function fetchText({ type, fetch, count }: Argument, registers: Registers, world: FetchWorld, index: number): Element {
  if (fetch.from === "comm") return world.comm();
  if (fetch.from === "text") return fetch.text;
  if (type.name === "symstr") return symbolText(world.text, fetched(fetch, registers, world) ?? 0);
  const user = type.name === "ustring" || (fetch.from === "memory" && fetch.user);
  const start =
    fetch.from !== "memory"
      ? fetched(fetch, registers, world)
      : count === undefined
        ? addressOf(fetch, registers, world)
        : pointerAt(world, addressOf(fetch, registers, world), index, fetch.user);
  return start === undefined ? undefined : readString(world, start, user);
}

function pointerAt(world: FetchWorld, base: number | undefined, index: number, user: boolean): number | undefined {
  return base === undefined ? undefined : word(world, (base + 4 * index) >>> 0, user);
}

function readString(world: FetchWorld, start: number, user: boolean): string | undefined {
  let text = "";
  for (let i = 0; i < maxStringBytes; i++) {
    const byte = world.read((start + i) >>> 0, 1, user)?.[0];
    if (byte === undefined) return undefined;
    if (byte === 0) return text;
    text += String.fromCharCode(byte);
  }
  return text;
}

function load(world: FetchWorld, base: number | undefined, offset: number, size: number, user: boolean): bigint {
  const bytes = base === undefined ? undefined : world.read((base + offset) >>> 0, size, user);
  return (bytes ?? new Uint8Array()).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function word(world: FetchWorld, address: number, user: boolean): number | undefined {
  const bytes = world.read(address, 4, user);
  return bytes?.reduceRight((value, byte) => value * 256 + byte, 0);
}

/** Where a load goes; undefined when a load on the way cannot be done. */
function addressOf(fetch: Fetch & { from: "memory" }, registers: Registers, world: FetchWorld): number | undefined {
  const base = fetched(fetch.base, registers, world);
  return base === undefined ? undefined : (base + fetch.offset) >>> 0;
}

function fetched(fetch: Fetch, registers: Registers, world: FetchWorld): number | undefined {
  switch (fetch.from) {
    case "register":
      return fetch.index < 16 ? registers.r[fetch.index] : fetch.index === 16 ? registers.cpsr >>> 0 : 0xffffffff;
    case "stack":
      return word(world, (registers.r[13]! + 4 * fetch.index) >>> 0, false) ?? 0;
    case "stack-pointer":
      return registers.r[13];
    case "return-value":
      return registers.r[0];
    case "immediate":
      return fetch.value;
    case "symbol": {
      const sign = fetch.symbol.search(/[+-]/);
      const address = symbolAddress(world.text, sign < 0 ? fetch.symbol : fetch.symbol.slice(0, sign));
      const offset = sign < 0 ? 0 : signedNumber(fetch.symbol.slice(sign));
      return address === undefined || offset === undefined ? undefined : (address + offset) >>> 0;
    }
    case "memory": {
      const address = addressOf(fetch, registers, world);
      return address === undefined ? undefined : word(world, address, fetch.user);
    }
    default:
      return undefined;
  }
}

/** `symbol+0x4/0x10`; an address that no symbol covers as a number. */
export function symbolText(text: KernelText, address: number): string {
  const place = text.functionAt(address);
  if (place === undefined) return `0x${address.toString(16)}`;
  return `${place.name}+0x${(address - place.start).toString(16)}/0x${place.size.toString(16)}`;
}
