import type { Encoding } from "./encoding.js";
import type { ItState } from "./it-state.js";
import type { Bits } from "./pattern.js";

/** An instruction being put together from text: the bits decided so far. */
export class Draft {
  readonly encoding: Encoding;
  readonly address: number;
  readonly it: ItState;
  word: number;
  /** Which bits are decided, signed. */
  known: number;
  /** The element size that a mnemonic named, in bits, for a shift whose encoding holds both. */
  elementSize = 8;

  constructor(encoding: Encoding, address: number, it: ItState) {
    this.encoding = encoding;
    this.address = address;
    this.it = it;
    const { mask, value, shouldMask, shouldValue } = encoding.pattern;
    this.word = value | shouldValue;
    this.known = mask | shouldMask;
  }

  /** Decides fields; false when the value does not fit, or when the same bits were decided differently before. */
  set(bits: Bits, value: number): boolean {
    const word = bits.write(value);
    if (bits.read(word) !== value >>> 0) return false;
    if (((this.word ^ word) & bits.mask & this.known) !== 0) return false;
    this.word = (this.word & ~bits.mask) | word;
    this.known |= bits.mask;
    return true;
  }
}
