import type { Isa } from "@cmodx/codec";
import { type JumpEntry, sortEntries } from "./jump-entry.js";
import { StaticKeysError } from "./static-keys-error.js";

/**
 * How a jump table's words name places. `absolute` is ARM's: three words. `relative` counts from each word itself, so that a
 * table needs no relocation; its key takes 4 or 8 bytes with the architecture's long.
 */
export type JumpTableLayout = { readonly kind: "absolute" } | { readonly kind: "relative"; readonly keyBytes: 4 | 8 };

const ABSOLUTE: JumpTableLayout = { kind: "absolute" };

/**
 * Bytes of one entry.
 *
 * @param layout - absolute, as 32-bit ARM has it, or relative
 *
 * @example
 * ```ts
 * entryBytes(); // 12
 * ```
 */
export function entryBytes(layout: JumpTableLayout = ABSOLUTE): number {
  return layout.kind === "absolute" ? 12 : 8 + layout.keyBytes;
}

/**
 * Writes a table as it stands in memory, sorted by key and site as the kernel sorts it at boot. In the relative layout each word
 * depends on where it stands, so sorting is not moving bytes.
 *
 * @param entries - in any order
 * @param base - address of the table's first byte
 * @param layout - absolute, as 32-bit ARM has it, or relative
 * @returns little-endian bytes
 *
 * @example
 * ```ts
 * const entry = { isa: "a32", code: 0x8000, target: 0x9000, key: 0xa000, likely: true, init: false, width: 4 } as const;
 * writeJumpTable([entry], 0xb000).length; // 12
 * readJumpTable(writeJumpTable([entry], 0xb000), 0xb000, "a32")[0]?.likely; // true
 * ```
 *
 * @see linux kernel/jump_label.c jump_label_swap
 */
export function writeJumpTable(
  entries: readonly JumpEntry[],
  base: number,
  layout: JumpTableLayout = ABSOLUTE,
): Uint8Array {
  const size = entryBytes(layout);
  const bytes = new Uint8Array(entries.length * size);
  const view = new DataView(bytes.buffer);
  for (const [i, { code, target, key, likely, init }] of sortEntries(entries).entries()) {
    const at = i * size;
    const flagged = key | (likely ? 1 : 0) | (init ? 2 : 0);
    const word = (offset: number, value: number) => {
      const origin = layout.kind === "absolute" ? 0 : base + at + offset;
      view.setInt32(at + offset, value - origin, true);
      return value - origin;
    };
    word(0, code);
    word(4, target);
    const low = word(8, flagged);
    if (layout.kind === "relative" && layout.keyBytes === 8) view.setInt32(at + 12, low < 0 ? -1 : 0, true);
  }
  return bytes;
}

/**
 * Reads a table from memory.
 *
 * @param bytes - the table, little-endian
 * @param base - address of its first byte
 * @param isaOf - the instruction set of every site, or of the site at an address: the table does not say
 * @param layout - absolute, as 32-bit ARM has it, or relative
 * @throws {StaticKeysError} `E_LAYOUT` where the size is no multiple of an entry's
 *
 * @example
 * ```ts
 * const entry = { isa: "t32", code: 0x8000, target: 0x9000, key: 0xa000, likely: true, init: false, width: 4 } as const;
 * const [read] = readJumpTable(writeJumpTable([entry], 0xb000), 0xb000, "t32");
 * [read?.code, read?.target, read?.key]; // [0x8000, 0x9000, 0xa000]
 * ```
 */
export function readJumpTable(
  bytes: Uint8Array,
  base: number,
  isaOf: Isa | ((code: number) => Isa),
  layout: JumpTableLayout = ABSOLUTE,
): JumpEntry[] {
  const size = entryBytes(layout);
  if (bytes.length % size !== 0) {
    throw new StaticKeysError({
      code: "E_LAYOUT",
      what: `a jump table of ${bytes.length} bytes is no whole number of entries of ${size}`,
      remedy: "give the bytes between __start___jump_table and __stop___jump_table, and their layout",
      facts: { bytes: bytes.length, entryBytes: size },
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / size }, (_, i) => {
    const word = (offset: number) => {
      const origin = layout.kind === "absolute" ? 0 : base + i * size + offset;
      return (view.getUint32(i * size + offset, true) + origin) >>> 0;
    };
    const [code, target, key] = [word(0), word(4), word(8)];
    const place = { code, target, key: (key & ~3) >>> 0, likely: (key & 1) === 1, init: (key & 2) === 2 };
    return { isa: typeof isaOf === "string" ? isaOf : isaOf(code), ...place, width: 4 };
  });
}
