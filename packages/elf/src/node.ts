import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { inflateSync } from "node:zlib";
import type { ByteSource } from "./byte-source.js";
import { ElfError } from "./elf-error.js";
import { type ElfImage, openElf } from "./image.js";

const blockBytes = 64 * 1024;
const maxBlocks = 64;

/**
 * A file, read in blocks of 64 KiB of which the last 64 are kept: sites lie close together, and 4 MiB is all it ever holds.
 *
 * @example
 * ```ts
 * const source = new FileSource("samples/sites-arm.elf");
 * const image = openElf(source);
 * image.header.type; // "EXEC"
 * source.close();
 * ```
 */
export class FileSource implements ByteSource {
  readonly size: number;
  readonly path: string;
  readonly #descriptor: number;
  readonly #blocks = new Map<number, Uint8Array>();

  /**
   * @param path - of the file, which stays open until {@link close}
   * @throws {ElfError} `E_ELF_READ` where the path is no readable regular file
   */
  constructor(path: string) {
    this.path = path;
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, "r");
      const stat = fstatSync(descriptor);
      if (!stat.isFile()) throw new Error("not a regular file");
      this.size = stat.size;
    } catch (cause) {
      if (descriptor !== undefined) closeSync(descriptor);
      throw readError(cause, 0);
    }
    this.#descriptor = descriptor;
  }

  /**
   * Reads bytes of the file.
   *
   * @param offset - in bytes from the file's start
   * @param length - in bytes; the file must have them all
   */
  read(offset: number, length: number): Uint8Array {
    const block = Math.floor(offset / blockBytes);
    const inBlock = offset - block * blockBytes;
    if (inBlock + length > blockBytes) return this.#readFile(offset, length);
    let bytes = this.#blocks.get(block);
    if (bytes === undefined) {
      const start = block * blockBytes;
      bytes = this.#readFile(start, Math.min(blockBytes, this.size - start));
      if (this.#blocks.size >= maxBlocks) this.#blocks.delete(this.#blocks.keys().next().value!);
      this.#blocks.set(block, bytes);
    }
    return bytes.subarray(inBlock, inBlock + length);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #readFile(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      let got = 0;
      try {
        got = readSync(this.#descriptor, bytes, done, length - done, offset + done);
      } catch (cause) {
        throw readError(cause, offset + done);
      }
      if (got === 0) throw readError(new Error("the file became shorter while it was read"), offset + done);
      done += got;
    }
    return bytes;
  }
}

/**
 * Opens an ELF file on disk, hands it to `use` and closes it.
 *
 * @param path - of the file
 * @param use - what is done with the image; it must not be kept, as the file is closed behind it
 * @throws {ElfError} `E_ELF_READ`, and what `openElf` throws
 *
 * @example
 * ```ts
 * const sites = withElfFile("samples/sites-arm.elf", (image) => findTable(image, mcountTable));
 * sites?.length; // 7
 * ```
 */
export function withElfFile<Result>(path: string, use: (image: ElfImage) => Result): Result {
  const source = new FileSource(path);
  try {
    return use(openElf(source));
  } finally {
    source.close();
  }
}

/**
 * Unpacks compressed debug sections with Node's zlib.
 *
 * @param packed - a stream in zlib's format
 * @param length - of what it unpacks to, in bytes
 *
 * @example
 * ```ts
 * withElfFile("samples/sites-arm.elf", (image) => sourceLines(image, [image.locate(0x8000)], inflate)); // [undefined]
 * inflate(new Uint8Array(8), 8); // undefined
 * ```
 */
export function inflate(packed: Uint8Array, length: number): Uint8Array | undefined {
  try {
    return inflateSync(packed, { maxOutputLength: length });
  } catch {
    return undefined;
  }
}

function readError(cause: unknown, offset: number): ElfError {
  // Node's messages begin with a code and end with the call and the path, which say nothing new here.
  const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/^[A-Z]+: |, \w+( '.*')?$/g, "");
  return new ElfError("E_ELF_READ", "file", offset, `cannot be read (${reason})`, "check the path", {}, cause);
}
