import type { Draft } from "../draft.js";
import type { Isa } from "../encoding.js";
import type { ItState } from "../it-state.js";
import type { Operand } from "../operand.js";
import type { Profile } from "../profile.js";
import type { Scanner } from "../scanner.js";
import type { Displacement } from "./displacement.js";

/** What an operand's meaning may depend on besides its bits. */
export interface Site {
  readonly isa: Isa;
  readonly word: number;
  readonly address: number;
  readonly it: ItState;
}

/** A piece of an operand's text. */
export interface Piece {
  readonly print: (insn: Site, profile: Profile) => string;
  /** The bits that decide it. */
  readonly shows: number;
}

/** One operand both ways: bits to structure and text, text to bits. */
export interface OperandCodec {
  /** The bits of the word it decides, signed. */
  readonly mask: number;
  /** Bits besides those that its text depends on. */
  readonly shows?: number;
  /** Where it says an address: what `print` writes in hexadecimal in every profile but `llvm`. */
  readonly target?: (insn: Site) => number;
  /** How far that is from the PC, where it is that simple. */
  readonly displacement?: Displacement | undefined;
  read(insn: Site): Operand;
  readonly print: Piece["print"];
  /** The same in pieces, where the operand has too many bits to remember all of its texts. */
  readonly pieces?: readonly Piece[];
  /** Takes its text and decides its bits; false with a complaint at the scanner when it cannot. */
  parse(scan: Scanner, draft: Draft): boolean;
}
