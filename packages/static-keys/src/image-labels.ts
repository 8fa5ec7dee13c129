import { decodeT32 } from "@cmodx/codec";
import { type ElfImage, findTable, jumpTable, type Place, type Reference } from "@cmodx/elf";
import { type CodeMemory, imageMemory, PlaceNames } from "@cmodx/patching";
import type { JumpEntry } from "./jump-entry.js";
import { type StaticKey, staticKey } from "./static-key.js";
import { StaticKeysError } from "./static-keys-error.js";

/** The static branches of an ELF image, over a copy of its bytes. */
export interface ImageLabels {
  readonly entries: readonly JumpEntry[];
  /** Sorted by name; a key that no symbol names is called by its address. */
  readonly keys: readonly StaticKey[];
  /** Over `bytes`. Addresses are the image's; in a relocatable file they are offsets in the file. */
  readonly memory: CodeMemory;
  /** The file; what is written to the memory is written here. */
  readonly bytes: Uint8Array;
}

/** Keys that another object defines have no place in a relocatable file; they get addresses from here on. */
const EXTERNAL_KEYS = 0xf000_0000;

/**
 * Reads the jump table of an image.
 *
 * @param image - a linked kernel or program, little-endian
 * @param bytes - the whole file; they are changed when sites are switched
 * @throws {StaticKeysError} `E_LAYOUT` for an image without a jump table, or whose code is big-endian; `E_SITE` for a site of which
 *   the image does not say whether it is ARM or Thumb, or which the file has no bytes for
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 *
 * const bytes = readFileSync("samples/sites-arm.elf");
 * labelsOf(openElf(memorySource(bytes)), bytes).entries.length; // 6
 * ```
 */
export function labelsOf(image: ElfImage, bytes: Uint8Array): ImageLabels {
  const table = findTable(image, jumpTable);
  if (table === undefined) throw layoutError("has no __jump_table", "use an image built with CONFIG_JUMP_LABEL");
  if (image.header.codeEndian !== "little") {
    throw layoutError("has big-endian code", "link it with --be8, which keeps code little-endian");
  }
  const places = new Places(image);
  const entries: JumpEntry[] = [];
  for (const { code, target, key } of table.entries()) {
    const address = places.address(code, 2);
    if (address === undefined) throw siteError(code, "the file has no bytes for it");
    const isa = image.isaAt(code).isa ?? ((code.flags & 1) === 1 ? "t32" : undefined);
    if (isa === undefined) throw siteError(code, "the image does not say whether it is ARM or Thumb code");
    const half = bytes[address.file]! | (bytes[address.file + 1]! << 8);
    const width = isa === "t32" && decodeT32(half, 0, 0).size === 2 ? 2 : 4;
    entries.push({
      isa,
      code: address.address,
      // A target in another section waits for the linker: nothing is in its reach until then.
      target: sameSection(image, code, target) ? places.relative(target) : UNREACHABLE,
      key: places.key(key),
      likely: (key.flags & 1) === 1,
      init: (key.flags & 2) === 2 || /^\.init\.text$/.test(code.section?.name ?? ""),
      width,
    });
  }
  return { entries, keys: places.keys(), memory: imageMemory(image, bytes), bytes };
}

/** An address that no branch of a site reaches: the far end of where relocatable files keep their code. */
const UNREACHABLE = 0xe000_0000;

/** Addresses that tell places apart and keep distances, also in a file whose sections all start at zero. */
class Places {
  readonly #image: ElfImage;
  readonly #names: PlaceNames;
  readonly #external = new Map<string, number>();
  readonly #keys = new Map<number, StaticKey>();

  constructor(image: ElfImage) {
    this.#image = image;
    this.#names = new PlaceNames(image);
  }

  address(place: Place, length: number): { address: number; file: number } | undefined {
    const file = this.#image.fileOffset(place, length);
    return file === undefined ? undefined : { address: this.#image.relocatable ? file : place.address, file };
  }

  relative(place: Place): number {
    return this.#image.relocatable ? (place.section?.offset ?? 0) + place.address : place.address;
  }

  key(place: Reference): number {
    const name = this.#names.of(place) ?? hex(place.address);
    const address =
      place.external === undefined && place.section !== undefined ? this.relative(place) : this.#outside(name);
    if (!this.#keys.has(address)) {
      this.#keys.set(address, staticKey(name, { address, initially: this.#initially(place) }));
    }
    return address;
  }

  keys(): StaticKey[] {
    return [...this.#keys.values()].toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  /** `enabled` is the first word of `struct static_key`; without bytes it is zero. */
  #initially(place: Reference): boolean {
    const word = this.#image.read(place, 4);
    return word?.some((byte) => byte !== 0) ?? false;
  }

  #outside(name: string): number {
    let address = this.#external.get(name);
    if (address === undefined) {
      address = EXTERNAL_KEYS + 8 * this.#external.size;
      this.#external.set(name, address);
    }
    return address;
  }
}

function sameSection(image: ElfImage, code: Reference, target: Reference): boolean {
  if (target.external !== undefined) return false;
  return !image.relocatable || target.section === code.section;
}

function layoutError(what: string, remedy: string): StaticKeysError {
  return new StaticKeysError({ code: "E_LAYOUT", what: `the image ${what}`, remedy, facts: {} });
}

function siteError({ address }: Reference, what: string): StaticKeysError {
  return new StaticKeysError({
    code: "E_SITE",
    what: `the site at ${hex(address)}: ${what}`,
    remedy: "use an image with mapping symbols or function symbols",
    facts: { code: address },
  });
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}
