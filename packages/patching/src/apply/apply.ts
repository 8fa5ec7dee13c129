import { decodeA32, decodeT32, type Insn, type Isa } from "@cmodx/codec";
import { PatchingError } from "../patching-error.js";
import type { Plan } from "../protocols/plan.js";
import type { Step } from "../protocols/step.js";
import type { CodeMemory } from "./code-memory.js";

/** A location that did not hold what the plan expects. */
export interface Mismatch {
  readonly address: number;
  readonly expected: number;
  readonly actual: number;
}

/**
 * Makes the stores of a plan on memory that nobody executes: an image, or a machine that stands still. Where the plan validates
 * and something else is there than it expects, nothing is written.
 *
 * @param plan - of any protocol; only its stores are made
 * @param memory - what they are made on
 * @returns what was found instead, or nothing when the plan was carried out
 * @throws {PatchingError} `E_MEMORY` where the memory has no bytes at an address of the plan; nothing was written then
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * const bytes = Uint8Array.of(0x00, 0xf0, 0x20, 0xe3);
 * apply(plan(edit, "nop-toggle"), bytesMemory(0x8000, bytes)); // undefined
 * bytes; // Uint8Array [0xfe, 0x03, 0x00, 0xea]
 * ```
 */
export function apply({ steps }: Plan, memory: CodeMemory): Mismatch | undefined {
  for (const { operation } of steps.patcher) {
    if (operation.op !== "expect") continue;
    const { address, size, value } = operation;
    const actual = numberOf(readAt(memory, address, size));
    if (actual !== value) return { address, expected: value, actual };
  }
  storeAll(steps.patcher, memory);
  return undefined;
}

/** Makes the stores among `steps`; all of their places are looked at before any of them is written. */
export function storeAll(steps: readonly Step[], memory: CodeMemory): void {
  for (const { operation } of steps) if (operation.op === "store") readAt(memory, operation.address, operation.size);
  for (const { operation } of steps) {
    if (operation.op === "store") memory.write(operation.address, bytesOfNumber(operation.value, operation.size));
  }
}

function readAt(memory: CodeMemory, address: number, size: number): Uint8Array {
  const bytes = memory.read(address, size);
  if (bytes === undefined) throw noBytes(address, size);
  return bytes;
}

/**
 * The instruction that memory holds.
 *
 * @param memory - where it is read
 * @param isa - the instruction set there
 * @param address - of the first byte; bit 0 is clear in T32 too
 * @throws {PatchingError} `E_MEMORY` where there are no bytes
 *
 * @example
 * ```ts
 * insnIn(bytesMemory(0x8000, Uint8Array.of(0x00, 0xbf)), "t32", 0x8000).mnemonic; // "nop"
 * ```
 */
export function insnIn(memory: CodeMemory, isa: Isa, address: number): Insn {
  const bytes = memory.read(address, 4) ?? (isa === "t32" ? memory.read(address, 2) : undefined);
  if (bytes === undefined) throw noBytes(address, isa === "a32" ? 4 : 2);
  const half = (at: number) => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  if (isa === "t32") return decodeT32(half(0), half(2), address);
  return decodeA32((half(0) | (half(2) << 16)) >>> 0, address);
}

/** The number that a little-endian load of these bytes gives. */
export function numberOf(bytes: Uint8Array): number {
  return bytes.reduce((value, byte, i) => (value | (byte << (8 * i))) >>> 0, 0);
}

function bytesOfNumber(value: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (value >>> (8 * i)) & 0xff);
}

function noBytes(address: number, size: number): PatchingError {
  return new PatchingError({
    code: "E_MEMORY",
    what: `there are no ${size} bytes of code at 0x${address.toString(16)}`,
    remedy: "use a memory that has the site",
    facts: { address, size },
  });
}
