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

/** What `openElf` of `@cmodx/elf` gives, as far as a loader asks for it. */
interface Image {
  readonly header: {
    readonly entry: number;
    readonly programHeaders: { readonly offset: number; readonly count: number };
  };
  readonly segments: readonly {
    readonly offset: number;
    readonly address: number;
    readonly fileBytes: number;
    readonly memoryBytes: number;
    readonly executable: boolean;
    readonly writable: boolean;
  }[];
  readonly source: { read(offset: number, length: number): Uint8Array };
}

/**
 * A static program out of an opened ELF file.
 *
 * @param image - a static one, little-endian
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 *
 * programOf(openElf(memorySource(readFileSync("samples/sites-arm.elf")))).entry > 0; // true
 * ```
 */
export function programOf({ header, segments, source }: Image): Program {
  return {
    entry: header.entry,
    headers: header.programHeaders,
    segments: segments.map(({ address, offset, fileBytes, memoryBytes, writable, executable }) => ({
      address,
      bytes: source.read(offset, fileBytes),
      memoryBytes,
      permissions: { read: true, write: writable, execute: executable },
    })),
  };
}
