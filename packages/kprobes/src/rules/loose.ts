import type { Isa } from "@cmodx/codec";

/**
 * A pattern by which the kernel reads words that are no instruction, or another one: its tables test fewer bits than the
 * architecture.
 */
export interface Loose {
  readonly isa: Isa;
  readonly size: 2 | 4;
  readonly mask: number;
  readonly value: number;
  /** The row whose rule is applied; null: rejected; "": read as it is. */
  readonly as: string | null | "";
  /** What the words are; nothing where `as` is "", which only keeps words from the patterns below. */
  readonly what: string;
}

function loose(isa: Isa, size: 2 | 4): (mask: number, value: number, as: string | null, what: string) => Loose {
  return (mask, value, as, what) => ({ isa, size, mask, value, as, what });
}

const a32 = loose("a32", 4);
const t16 = loose("t32", 2);
const t32 = loose("t32", 4);

const unallocatedHint = "a hint that is not allocated";
const banked = "a read of a register banked by mode (the program would get the flags)";
const notLiteral = "a load relative to the PC whose offset looks like another form of loads";

/** The first that fits a word decides. @see linux arch/arm/probes/decode-arm.c, decode-thumb.c */
export const looseWords: readonly Loose[] = [
  a32(0xfe300000, 0xf4100000, "PLD_imm_A1", unallocatedHint),
  a32(0xfe300010, 0xf6100000, "PLD_reg_A1", unallocatedHint),
  a32(0xf0000000, 0xf0000000, "", ""),
  a32(0x0ff000f0, 0x01000000, "MRS_A1", banked),
  t16(0xff00, 0xb800, "SXTH_T1", "a form of the 16-bit extensions that is not allocated"),
  t32(0xffe00000, 0xeac00000, "PKHBT_T1", "a form of PKHBT and PKHTB that is not allocated"),
  t32(0xfff0d000, 0xf3e08000, "MRS_T1", banked),
  t32(0xfe5ff000, 0xf81ff000, "", ""),
  t32(0xfe9f0d00, 0xf81f0800, null, notLiteral),
  t32(0xfe9f0f00, 0xf81f0e00, null, notLiteral),
  t32(0xfff000e0, 0xfb100020, "", ""),
  t32(0xff8000e0, 0xfb000020, "MLA_T1", "a multiplication that is not allocated"),
  t32(0xfff0f0e0, 0xfb60f000, "SMMUL_T1", "SMMLS with the PC as the register to subtract from"),
];
