import { ElfError, hex } from "./elf-error.js";

/**
 * Random access to the bytes of a file. Reads are synchronous, so that a lookup deep inside a table needs no promise; a
 * browser hands over the bytes it has, Node a file descriptor (`@cmodx/elf/node`).
 */
export interface ByteSource {
  /** Length of the file in bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`. Callers stay inside `size`; the result may be a view of shared memory and must
   * not be written to.
   */
  read(offset: number, length: number): Uint8Array;
}

/**
 * A file that is in memory already.
 *
 * @param bytes - the whole file; it is read in place, not copied
 *
 * @example
 * ```ts
 * memorySource(new Uint8Array([0x7f, 0x45, 0x4c, 0x46])).size; // 4
 * ```
 */
export function memorySource(bytes: Uint8Array): ByteSource {
  // A Buffer's `slice` shares memory where a Uint8Array's copies: whoever copies a piece must get a copy.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    size: plain.length,
    read: (offset, length) => plain.subarray(offset, offset + length),
  };
}

/** Largest piece that is ever read at once: more than any real symbol table, little enough to allocate. */
const maxPieceBytes = 256 * 1024 * 1024;

/** Are these bytes in the file, and few enough to be read at once? */
export function readable(source: ByteSource, offset: number, length: number): boolean {
  return offset + length <= source.size && length <= maxPieceBytes;
}

/**
 * The bytes that a header field promises, or the error that names this field.
 *
 * @param field - the field that gave the offset or the size, as the ELF specification calls it
 * @param fieldOffset - where that field is in the file, in bytes
 */
export function readPiece(
  source: ByteSource,
  offset: number,
  length: number,
  field: string,
  fieldOffset: number,
): Uint8Array {
  if (offset + length > source.size) {
    throw new ElfError(
      "E_ELF_BOUNDS",
      field,
      fieldOffset,
      `points at ${hex(offset)}+${hex(length)}, but the file ends at ${hex(source.size)}`,
      "the file is truncated or damaged, get a whole copy",
      { start: offset, length, fileSize: source.size },
    );
  }
  if (length > maxPieceBytes) {
    throw new ElfError(
      "E_ELF_LIMIT",
      field,
      fieldOffset,
      `asks for ${length} bytes, over the limit of ${maxPieceBytes}`,
      "no real ARM image needs that much, the file is damaged",
      { length, limit: maxPieceBytes },
    );
  }
  return source.read(offset, length);
}
