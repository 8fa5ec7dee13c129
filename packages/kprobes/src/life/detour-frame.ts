import type { Insn } from "@cmodx/codec";
import type { Errno } from "./refusal.js";

/**
 * Bytes that a detour has at most: in A32 22 instructions, and two words that they load.
 *
 * @example
 * ```ts
 * detourBytes; // 96
 * ```
 */
export const detourBytes = 96;

/** Bytes of the registers that a detour saves: r0 to r15, the flags, and one more. */
export const savedBytes = 72;

/** What an optimised probe's branch goes to. */
export interface Detour {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Whether it executes the probed instruction itself; otherwise its callback does. */
  readonly direct: boolean;
}

/** What a detour is made for. */
export interface DetourRequest {
  readonly insn: Insn;
  /** Bytes below SP that the instruction stores to. */
  readonly stack: number;
  /** Registers it uses; null when all count. */
  readonly registers: number | null;
  /** Where the detour is to be. */
  readonly address: number;
  /** What the detour gives its callback in r0, and the callback. */
  readonly probe: number;
  readonly callback: number;
}

/** A detour, or the kernel's reason why there is none. */
export type DetourResult =
  | { readonly ok: true; readonly detour: Detour }
  | { readonly ok: false; readonly errno: Errno };

/** Rounded up to whole words, as SP is. */
export function wholeWords(bytes: number): number {
  return (bytes + 3) & ~3;
}
