import type { Permissions } from "../run/guest-memory.js";

/** A part of a program that is mapped as it is loaded. */
export interface ProgramSegment {
  readonly address: number;
  /** What the file holds; the rest up to `memoryBytes` is zero. */
  readonly bytes: Uint8Array;
  readonly memoryBytes: number;
  readonly permissions: Permissions;
}

/** A static program, as `@cmodx/elf` reads it from a file or as it was made. */
export interface Program {
  /** Bit 0 set: Thumb code. */
  readonly entry: number;
  readonly segments: readonly ProgramSegment[];
  /** Where the program headers are in the file, which the C library looks for in memory. */
  readonly headers?: { readonly offset: number; readonly count: number };
}
