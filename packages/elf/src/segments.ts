import { type ByteSource, readPiece } from "./byte-source.js";
import { ElfError } from "./elf-error.js";
import type { ElfHeader } from "./header.js";

/** One `PT_LOAD` program header: what the loader maps. Bytes throughout. */
export interface Segment {
  readonly index: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
  readonly executable: boolean;
  readonly writable: boolean;
}

const entryBytes = 32;
const load = 1;

/**
 * Reads the loadable program headers.
 *
 * @throws {ElfError} `E_ELF_ENTRY_SIZE`, `E_ELF_BOUNDS`
 */
export function readSegments(source: ByteSource, header: ElfHeader): readonly Segment[] {
  const { offset, entryBytes: given, count } = header.programHeaders;
  if (offset === 0 || count === 0) return [];
  if (given !== entryBytes) {
    const what = `is ${given}, a program header has ${entryBytes} bytes`;
    throw new ElfError("E_ELF_ENTRY_SIZE", "e_phentsize", 42, what, "the file is damaged, get another copy");
  }
  const table = readPiece(source, offset, count * entryBytes, "e_phoff", 28);
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  const little = header.endian === "little";
  const segments: Segment[] = [];
  for (let i = 0; i < count; i++) {
    const u32 = (at: number) => view.getUint32(i * entryBytes + at, little);
    if (u32(0) !== load) continue;
    const flags = u32(24);
    segments.push({
      index: i,
      offset: u32(4),
      address: u32(8),
      fileBytes: u32(16),
      memoryBytes: u32(20),
      executable: (flags & 1) !== 0,
      writable: (flags & 2) !== 0,
    });
  }
  return segments;
}
