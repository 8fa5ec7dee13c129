import type { Isa } from "@cmodx/codec";
import type { ElfImage, Section } from "@cmodx/elf";

const none = new Uint8Array(0);

/** Code of one section after another as numbers, for tens of thousands of sites: by a lookup each, they would cost more than all else. */
export class CodeWords {
  readonly #image: ElfImage;
  readonly #big: boolean;
  #section: Section | undefined;
  #bytes: Uint8Array = none;
  /** Signed, as addresses here: so they are small integers to the host. */
  #start = 0;

  constructor(image: ElfImage) {
    this.#image = image;
    this.#big = image.header.codeEndian === "big";
  }

  /** Turns to a section; where it is not kept, nothing is known of its code. */
  turn(section: Section): void {
    if (section === this.#section) return;
    this.#section = section;
    this.#bytes = this.#image.text(section) ?? none;
    this.#start = this.#image.relocatable ? 0 : section.address | 0;
  }

  /** Are there so many bytes at an address? */
  has(address: number, length: number): boolean {
    const at = (address - this.#start) | 0;
    return at >= 0 && at + length <= this.#bytes.length;
  }

  /** The halfword at an address that {@link has} two bytes. */
  half(address: number): number {
    const at = (address - this.#start) | 0;
    const [first, second] = [this.#bytes[at]!, this.#bytes[at + 1]!];
    return this.#big ? (first << 8) | second : first | (second << 8);
  }

  /** The instruction word at an address that {@link has} four, signed; Thumb's first halfword is the upper one. */
  word(address: number, isa: Isa): number {
    const [first, second] = [this.half(address), this.half(address + 2)];
    return isa === "t32" || this.#big ? (first << 16) | second : first | (second << 16);
  }
}
