import { ElfError, hex } from "./elf-error.js";

const maxNameBytes = 16 * 1024;
const maxDecodedBytes = 128 * 1024 * 1024;
const utf8 = new TextDecoder("utf-8");

/** Names are short and ASCII nearly always: then the decoder costs more than the name. */
function decode(bytes: Uint8Array): string {
  if (bytes.length > 64) return utf8.decode(bytes);
  for (const byte of bytes) if (byte > 0x7f) return utf8.decode(bytes);
  // `apply` takes the array as it is, where spreading would go through an iterator.
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

/**
 * The names of a string section. Names are decoded when asked for and at most once; a name that never ends, or names that
 * overlap so that together they would fill the memory, are errors.
 *
 * @example
 * ```ts
 * const names = new StringTable(new TextEncoder().encode("\0sys_read\0"), 0);
 * names.at(1); // "sys_read"
 * names.at(5); // "read"
 * ```
 */
export class StringTable {
  readonly bytes: Uint8Array;
  readonly #fileOffset: number;
  readonly #decoded = new Map<number, string>();
  #decodedBytes = 0;

  /**
   * Takes the bytes of a section of names.
   *
   * @param bytes - of the section
   * @param fileOffset - where they are in the file, for errors
   */
  constructor(bytes: Uint8Array, fileOffset: number) {
    this.bytes = bytes;
    this.#fileOffset = fileOffset;
  }

  /**
   * The name that begins at `offset`; the empty string where the table is empty and `offset` is 0.
   *
   * @param offset - in bytes from the table's start
   * @throws {ElfError} `E_ELF_STRING` for an offset outside the table or a name without end, `E_ELF_LIMIT` for a name over
   * 16 KiB or more than 128 MiB of names
   */
  at(offset: number): string {
    const known = this.#decoded.get(offset);
    if (known !== undefined) return known;
    if (offset === 0 && this.bytes.length === 0) return "";
    if (offset >= this.bytes.length) {
      throw this.#error("E_ELF_STRING", offset, `is outside the string table of ${hex(this.bytes.length)} bytes`);
    }
    let end = offset;
    const last = Math.min(this.bytes.length, offset + maxNameBytes + 1);
    while (end < last && this.bytes[end] !== 0) end++;
    if (end === this.bytes.length)
      throw this.#error("E_ELF_STRING", offset, "has no end: the table ends without a zero byte");
    this.#decodedBytes += end - offset;
    if (end - offset > maxNameBytes || this.#decodedBytes > maxDecodedBytes) {
      throw this.#error(
        "E_ELF_LIMIT",
        offset,
        `is over ${maxNameBytes} bytes, or all names are over ${maxDecodedBytes}`,
      );
    }
    const name = decode(this.bytes.subarray(offset, end));
    this.#decoded.set(offset, name);
    return name;
  }

  /**
   * Is `name` (its bytes, without the zero) exactly the string at `offset`? Total: false outside the table.
   *
   * @param offset - in bytes from the table's start
   * @param name - the name's bytes
   */
  equals(offset: number, name: Uint8Array): boolean {
    const { bytes } = this;
    if (bytes[offset + name.length] !== 0) return false;
    for (let i = 0; i < name.length; i++) if (bytes[offset + i] !== name[i]) return false;
    return true;
  }

  #error(code: "E_ELF_STRING" | "E_ELF_LIMIT", offset: number, what: string): ElfError {
    return new ElfError(code, "name", this.#fileOffset + offset, what, "the file is damaged, get another copy");
  }
}
