import { decodeA32, decodeT32, directTarget, type Insn, type Isa, memoryWord } from "@cmodx/codec";
import { type ElfImage, ExportedNames, type Place, relocationOfWord, symbolPlace } from "@cmodx/elf";

const hexByte: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hex in memory order. */
export function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += hexByte[byte];
  return text;
}

/** The instruction at a place, in the byte order that the image keeps code in; undefined where the file has no bytes. */
export function insnAt(image: ElfImage, place: Place, isa: Isa): Insn | undefined {
  if (isa === "a32") {
    const word = wordAt(image, place, isa);
    return word === undefined ? undefined : decodeA32(word, place.address);
  }
  const first = image.halfAt(place);
  if (first === undefined) return undefined;
  const second = image.halfAt(place, 2);
  const insn = decodeT32(first, second ?? 0, place.address);
  return insn.size === 4 && second === undefined ? undefined : insn;
}

/** Four bytes of code as an instruction word; undefined where the file has fewer. */
function wordAt(image: ElfImage, place: Place, isa: Isa): number | undefined {
  const [first, second] = [image.halfAt(place), image.halfAt(place, 2)];
  if (first === undefined || second === undefined) return undefined;
  const upperFirst = isa === "t32" || image.header.codeEndian === "big";
  return (upperFirst ? (first << 16) | second : (second << 16) | first) >>> 0;
}

/** The instruction in bytes in hand: 4, or 2 before the end of a section. */
export function insnOf(bytes: Uint8Array, isa: Isa, address: number, order: "little" | "big"): Insn | undefined {
  const half = (at: number): number => {
    const [low, high] = order === "little" ? [bytes[at]!, bytes[at + 1]!] : [bytes[at + 1]!, bytes[at]!];
    return low | (high << 8);
  };
  if (isa === "a32") {
    if (bytes.length < 4) return undefined;
    return decodeA32(order === "little" ? half(0) | (half(2) << 16) : (half(0) << 16) | half(2), address);
  }
  const insn = decodeT32(half(0), bytes.length < 4 ? 0 : half(2), address);
  return insn.size > bytes.length ? undefined : insn;
}

/** An instruction's bytes as hex, in the order in which the image keeps code. */
export function codeHex({ isa, word, size }: Insn, order: "little" | "big"): string {
  const bytes = inMemory(size === 2 ? word << 16 : word, isa, order);
  return hexOfWord(bytes).slice(0, 2 * size);
}

/** The four bytes of an instruction word, the first in memory on top. Thumb's first halfword is the upper one of its word. */
export function inMemory(word: number, isa: Isa, order: "little" | "big"): number {
  // What a big-endian load reads of little-endian code.
  return order === "big" ? word >>> 0 : memoryWord(isa, word, 4, "be8");
}

/** Eight digits. */
export function hexOfWord(word: number): string {
  return hexByte[word >>> 24]! + hexByte[(word >>> 16) & 0xff]! + hexByte[(word >>> 8) & 0xff]! + hexByte[word & 0xff]!;
}

/**
 * Where the direct branch at a place goes, with the relocation that waits for it applied; undefined for an instruction
 * that is no direct branch.
 */
export function branchTarget(image: ElfImage, place: Place, insn: Insn): Place | undefined {
  const encoded = directTarget(insn);
  if (encoded === undefined) return undefined;
  if (!image.relocatable) return image.locate(encoded);
  const relocation = relocationOfWord(image, place);
  if (relocation === undefined) return { section: place.section, address: encoded };
  const symbol = symbolPlace(image, relocation);
  // An addend makes up for the distance from the instruction to its PC, which the encoded target has in already.
  const bias = insn.isa === "a32" ? 8 : 4;
  const addend = relocation.addend === undefined ? encoded - place.address : relocation.addend + bias;
  return { ...symbol, address: ((symbol.address + addend) & (insn.isa === "t32" ? ~1 : ~0)) >>> 0 };
}

/**
 * Names of the places of an image, kept: every call site has the same callee, and a key has many sites.
 *
 * @example
 * ```ts
 * import { memorySource, openElf } from "@cmodx/elf";
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-thumb2.elf")));
 * const square = image.symbols.address(image.symbols.find("square"));
 * new PlaceNames(image).of(image.locate(square + 2)); // "square+0x2"
 * ```
 */
export class PlaceNames {
  readonly #image: ElfImage;
  /** By section index, and one more for no section. */
  readonly #texts: Map<number, string | null>[] = [];
  readonly #exported: ExportedNames | undefined;

  /**
   * Names are looked up when they are asked for.
   *
   * @param image - with its symbols, or stripped
   */
  constructor(image: ElfImage) {
    this.#image = image;
    if (image.stripped) this.#exported = new ExportedNames(image);
  }

  /**
   * The symbol that a place belongs to; in a stripped kernel the nearest name that it exports to modules.
   *
   * @param place - of any byte
   */
  at(place: Place): { readonly name: string; readonly offset: number } | undefined {
    return this.#image.symbolAt(place) ?? this.#exported?.at(place);
  }

  /**
   * That symbol as `name` or `name+0x10`; null where none names the place.
   *
   * @param place - of any byte, or in another file
   */
  of(place: Place): string | null {
    if (place.external !== undefined) return withOffset(place.external, place.address);
    const index = (place.section?.index ?? -1) + 1;
    this.#texts[index] ??= new Map();
    const texts = this.#texts[index];
    let text = texts.get(place.address);
    if (text === undefined) {
      const hit = this.at(place);
      text = hit === undefined ? null : withOffset(hit.name, hit.offset);
      texts.set(place.address, text);
    }
    return text;
  }
}

function withOffset(name: string, offset: number): string {
  return offset === 0 ? name : `${name}+0x${offset.toString(16)}`;
}
