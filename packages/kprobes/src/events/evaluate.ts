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

/**
 * The text that the trace shows of an argument: ` name=value`.
 *
 * @see linux kernel/trace/trace_probe_tmpl.h
 */
export function argumentText(argument: Argument, registers: Registers, world: FetchWorld): string {
  const { name, count } = argument;
  if (count === undefined) return ` ${name}=${elementText(argument, registers, world, 0)}`;
  const elements = Array.from({ length: count }, (_, i) => elementText(argument, registers, world, i));
  return ` ${name}={${elements.join(",")}}`;
}

function elementText(argument: Argument, registers: Registers, world: FetchWorld, index: number): string {
  const { type, fetch, count, bits } = argument;
  if (type.form === "string") return stringText(argument, registers, world, index);
  const raw =
    fetch.from === "memory"
      ? load(world, addressOf(fetch, registers, world), index * type.size, type.size, fetch.user)
      : BigInt(fetched(fetch, registers, world) ?? 0);
  const kept = BigInt.asUintN(8 * type.size, raw);
  const value =
    bits === undefined || count !== undefined
      ? kept
      : (kept >> BigInt(bits.offset)) & ((1n << BigInt(bits.width)) - 1n);
  switch (type.form) {
    case "hex":
      return `0x${value.toString(16)}`;
    case "signed":
      return BigInt.asIntN(8 * type.size, value).toString();
    case "symbol":
      return symbolText(world.text, Number(value));
    case "char":
      return `'${String.fromCharCode(Number(value))}'`;
    default:
      return value.toString();
  }
}

function stringText({ type, fetch, count }: Argument, registers: Registers, world: FetchWorld, index: number): string {
  if (fetch.from === "comm") return `"${world.comm()}"`;
  if (fetch.from === "text") return `"${fetch.text}"`;
  if (type.name === "symstr") return `"${symbolText(world.text, fetched(fetch, registers, world) ?? 0)}"`;
  const user = type.name === "ustring" || (fetch.from === "memory" && fetch.user);
  const start =
    fetch.from !== "memory"
      ? fetched(fetch, registers, world)
      : count === undefined
        ? addressOf(fetch, registers, world)
        : pointerAt(world, addressOf(fetch, registers, world), index, fetch.user);
  const text = start === undefined ? undefined : readString(world, start, user);
  // What cannot be read is empty in the record, and the trace says so.
  return text === undefined ? "(fault)" : `"${text}"`;
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
