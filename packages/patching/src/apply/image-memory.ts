import type { ElfImage } from "@cmodx/elf";
import type { Edit } from "../edit.js";
import { storesOfAll } from "../protocols/stores.js";
import { storeAll } from "./apply.js";
import type { CodeMemory } from "./code-memory.js";

/**
 * The bytes of an image's file as memory. Addresses are the image's; in a relocatable file, whose sections all start at zero, they
 * are offsets in the file, which keeps the distances within a section.
 *
 * @param image - the image that the bytes are of
 * @param bytes - the whole file; what is written to the memory is written here
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 *
 * const bytes = readFileSync("samples/sites-arm.elf");
 * const image = openElf(memorySource(bytes));
 * const square = image.symbols.address(image.symbols.find("square"));
 * imageMemory(image, bytes).read(square, 4)?.length; // 4
 * imageMemory(image, bytes).read(0, 4); // undefined
 * ```
 */
export function imageMemory(image: ElfImage, bytes: Uint8Array): CodeMemory {
  const offsetOf = (address: number, size: number): number | undefined =>
    image.relocatable ? address : image.fileOffset(image.locate(address), size);
  return {
    read: (address, size) => {
      const at = offsetOf(address, size);
      return at === undefined || at + size > bytes.length ? undefined : bytes.slice(at, at + size);
    },
    write: (address, written) => {
      const at = offsetOf(address, written.length);
      if (at !== undefined) bytes.set(written, at);
    },
  };
}

/**
 * Makes edits on memory that nobody executes.
 *
 * @param edits - made in this order
 * @param memory - what they are made on
 * @throws {PatchingError} `E_MEMORY` where the memory has no bytes at an edit; those before it are made
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * const bytes = Uint8Array.of(0x00, 0xf0, 0x20, 0xe3);
 * applyEdits([edit], bytesMemory(0x8000, bytes));
 * [...bytes]; // [254, 3, 0, 234]
 * ```
 */
export function applyEdits(edits: readonly Edit[], memory: CodeMemory): void {
  for (const edit of edits) storeAll(storesOfAll([{ edit }]), memory);
}
