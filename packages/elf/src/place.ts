import type { Section } from "./sections.js";

/**
 * Where something is. In a linked image `address` is its address; in a relocatable file, whose sections have no address
 * yet, it is the offset in `section`.
 */
export interface Place {
  /** Undefined where no section covers the address, as in an image without section headers. */
  readonly section: Section | undefined;
  /** Bytes. */
  readonly address: number;
  /** Name of the symbol of another file that `address` is counted from; the place is then outside this file. */
  readonly external?: string;
}

/** A place that a table's word names, with the low bits that are no part of the address. */
export interface Reference extends Place {
  /** The low bits that the table's format uses as flags: the Thumb bit of code, or the two bits of a jump label's key. */
  readonly flags: number;
}
