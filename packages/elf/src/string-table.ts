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

/** Names that are kept for whoever asks again, as many as this at most. */
const keptNames = 4096;

/**
 * The names of a string section. Names are decoded when asked for; a name that never ends, or names that
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
  /** The last name that was asked for of those whose offsets end alike. */
  readonly #kept: string[] = new Array<string>(keptNames).fill("");
  readonly #keptOffset: Int32Array = new Int32Array(keptNames).fill(-1);
  /** A bit for each offset whose name was decoded: a name counts once, however often it is asked for. */
  #counted: Uint8Array | undefined;
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
    const slot = offset & (keptNames - 1);
    if (this.#keptOffset[slot] === offset) return this.#kept[slot]!;
    if (offset === 0 && this.bytes.length === 0) return "";
    const name = decode(this.bytes.subarray(offset, this.end(offset)));
    this.#kept[slot] = name;
    this.#keptOffset[slot] = offset;
    return name;
  }

  /**
   * Where the name that begins at `offset` ends: the offset of the zero behind it. Its bytes are then those between, for whoever prints
   * them as they are.
   *
   * @param offset - in bytes from the table's start
   * @throws {ElfError} as {@link at}
   */
  end(offset: number): number {
    if (offset >= this.bytes.length) {
      throw this.#error("E_ELF_STRING", offset, `is outside the string table of ${hex(this.bytes.length)} bytes`);
    }
    let end = offset;
    const last = Math.min(this.bytes.length, offset + maxNameBytes + 1);
    while (end < last && this.bytes[end] !== 0) end++;
    if (end === this.bytes.length)
      throw this.#error("E_ELF_STRING", offset, "has no end: the table ends without a zero byte");
    this.#counted ??= new Uint8Array((this.bytes.length >>> 3) + 1);
    const bit = 1 << (offset & 7);
    if ((this.#counted[offset >>> 3]! & bit) === 0) this.#decodedBytes += end - offset;
    this.#counted[offset >>> 3]! |= bit;
    if (end - offset > maxNameBytes || this.#decodedBytes > maxDecodedBytes) {
      throw this.#error(
        "E_ELF_LIMIT",
        offset,
        `is over ${maxNameBytes} bytes, or all names are over ${maxDecodedBytes}`,
      );
    }
    return end;
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
