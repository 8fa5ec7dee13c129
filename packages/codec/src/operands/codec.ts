import type { Draft } from "../draft.js";
import type { Isa } from "../encoding.js";
import type { ItState } from "../it-state.js";
import type { Operand } from "../operand.js";
import type { Profile } from "../profile.js";
import type { Scanner } from "../scanner.js";

/** What an operand's meaning may depend on besides its bits. */
export interface Site {
  readonly isa: Isa;
  readonly word: number;
  readonly address: number;
  readonly it: ItState;
}

/** One operand both ways: bits to structure and text, text to bits. */
export interface OperandCodec {
  /** The bits of the word it decides, signed. */
  readonly mask: number;
  read(insn: Site): Operand;
  readonly print: (insn: Site, profile: Profile) => string;
  /** Takes its text and decides its bits; false with a complaint at the scanner when it cannot. */
  parse(scan: Scanner, draft: Draft): boolean;
}
