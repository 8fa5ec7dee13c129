import { ElfError } from "./elf-error.js";
import { type ElfImage, sectionByIndex } from "./image.js";
import type { Place, Reference } from "./place.js";
import { type Relocation, relocationName, relocationTypes as types } from "./relocations.js";
import { symbolSections } from "./symbols.js";

/** How a table's word names a place: by its address, or by its distance from the word itself. */
export type WordForm = "absolute" | "relative";

const absolute = new Set<number>([types.R_ARM_ABS32, types.R_ARM_TARGET1, types.R_ARM_GLOB_DAT]);
const relative = new Set<number>([types.R_ARM_REL32, types.R_ARM_TARGET2]);

/** Addresses wrap at 4 GiB. */
function wrap(address: number): number {
  return address >>> 0;
}

/**
 * The place that a word of a table names, with the word's relocation applied where it has one.
 *
 * Relocating by `S + A` and by `S + A - P` name the same place `S + A`: the form only matters for a word without relocation.
 *
 * @param at - where the word is
 * @param value - the word as it stands in the file
 * @param flagMask - the low bits that are flags
 * @throws {ElfError} `E_ELF_RELOCATION` for a relocation that no table word has, `E_ELF_LINK`
 */
export function resolveWord(image: ElfImage, at: Place, value: number, form: WordForm, flagMask: number): Reference {
  const relocation = relocationOfWord(image, at);
  if (relocation === undefined || relocation.type === types.R_ARM_RELATIVE) {
    const target = form === "absolute" ? value : wrap(at.address + value);
    const address = wrap(target & ~flagMask);
    const section = image.relocatable ? undefined : image.sectionAt(address);
    return { section, address, flags: target & flagMask };
  }
  const expected = form === "absolute" ? absolute : relative;
  if (!expected.has(relocation.type)) {
    const field = `r_info of the word at ${at.section?.name ?? "?"}+0x${at.address.toString(16)}`;
    const what = `is of type ${relocationName(relocation.type)}, which no ${form} table word has`;
    throw new ElfError(
      "E_ELF_RELOCATION",
      field,
      at.section?.headerOffset ?? 0,
      what,
      "the file is damaged, or of a new kind",
    );
  }
  const symbol = symbolPlace(image, relocation);
  const target = wrap(symbol.address + (relocation.addend ?? value));
  if (!image.relocatable && symbol.external === undefined)
    return reference(image.locate(wrap(target & ~flagMask)), target, flagMask);
  return reference(symbol, target, flagMask);
}

/**
 * The relocation that waits for the word or instruction at a place.
 *
 * @param image - a relocatable one: a linked image has none left
 * @param at - the word's first byte
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.ko")));
 * const [first] = findTable(image, mcountTable)!.entries();
 * relocationName(relocationOfWord(image, first!.site)!.type); // "R_ARM_CALL"
 * ```
 */
export function relocationOfWord(image: ElfImage, at: Place): Relocation | undefined {
  if (at.section !== undefined && image.relocatable) return image.relocationsOf(at.section)?.at(at.address);
  for (const table of image.dynamicRelocations) {
    const relocation = table.at(at.address);
    if (relocation !== undefined) return relocation;
  }
  return undefined;
}

/**
 * The place of a relocation's symbol: an index, not a name, because section symbols have no name of their own.
 *
 * @param image - the image of the relocation
 * @param relocation - whose symbol is looked up; its addend is not added
 * @throws {ElfError} `E_ELF_LINK`
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.ko")));
 * const [first] = findTable(image, mcountTable)!.entries();
 * symbolPlace(image, relocationOfWord(image, first!.site)!).external; // "__gnu_mcount_nc"
 * ```
 */
export function symbolPlace(image: ElfImage, relocation: Relocation): Place {
  const symbols = image.symbolsOf(relocation);
  const index = relocation.symbol;
  if (index === 0) return { section: undefined, address: 0 };
  if (index >= symbols.count) {
    const what = `names symbol ${index} of ${symbols.count}`;
    throw new ElfError(
      "E_ELF_LINK",
      "r_info",
      relocation.offset,
      what,
      "the file is stripped or damaged, get another copy",
    );
  }
  if (symbols.section[index] === symbolSections.absolute) return { section: undefined, address: symbols.value[index]! };
  if (!symbols.defined(index)) return { section: undefined, address: 0, external: symbols.name(index) };
  const section = sectionByIndex(image, symbols.section[index]!, `st_shndx of symbol ${index}`, 0);
  return { section, address: symbols.value[index]! };
}

function reference(place: Place, target: number, flagMask: number): Reference {
  const base = { section: place.section, address: wrap(target & ~flagMask), flags: target & flagMask };
  return place.external === undefined ? base : { ...base, external: place.external };
}
