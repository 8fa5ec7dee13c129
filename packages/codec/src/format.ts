import type { Encoding, Isa } from "./encoding.js";
import type { Insn } from "./insn.js";
import { type Profile, profileOf } from "./profile.js";

/** What is UNDEFINED has no syntax, except UDF, which is UNDEFINED by name: whatever its fields. */
export function hasTextUndefined(encoding: Encoding): boolean {
  return encoding.spec.undefined === "1";
}

/** The text of what is no instruction. */
export function rawText(isa: Isa, size: number, word: number): string {
  const width = isa === "a32" ? "" : size === 2 ? ".n" : ".w";
  return `.inst${width} 0x${word.toString(16).padStart(size * 2, "0")}`;
}

/**
 * The text of an instruction. A word that is no instruction prints as `.inst`, which the assembler takes back.
 *
 * @param insn - a decoded or assembled instruction
 * @param profile - whose syntax to print
 * @returns the text, without a comment
 * @example
 * ```ts
 * format(decodeT32(0xf007, 0xbffe, 0x1000)); // "b.w 0x9000"
 * ```
 */
export function format(insn: Insn, profile: Profile = "ual"): string {
  const { encoding } = insn;
  if (encoding === undefined || (insn.status === "undefined" && !hasTextUndefined(encoding)))
    return rawText(insn.isa, insn.size, insn.word);
  const known = profileOf(profile);
  return encoding.templateFor(known, insn.word, insn.it).print(insn, known);
}
