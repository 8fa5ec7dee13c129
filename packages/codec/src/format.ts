import type { Insn } from "./insn.js";
import type { Profile } from "./profile.js";

/** The condition of a row that is UNDEFINED whatever its fields. */
const always = "1";

/**
 * The text of an instruction. A word that is no instruction prints as `.inst`, which the assembler takes back.
 *
 * @example
 * ```ts
 * format(decodeT32(0xf007, 0xbffe, 0x1000)); // "b.w 0x9000"
 * ```
 */
export function format(insn: Insn, profile: Profile = "ual"): string {
  const { encoding } = insn;
  const machine = profile === "gnu" || profile === "llvm";
  // What is UNDEFINED has no syntax, except UDF, which is UNDEFINED by name.
  if (encoding === undefined || (insn.status === "undefined" && encoding.spec.undefined !== always)) {
    const width = insn.isa === "a32" ? "" : insn.size === 2 ? ".n" : ".w";
    return `.inst${width} 0x${insn.word.toString(16).padStart(insn.size * 2, "0")}`;
  }
  return encoding.templateFor(profile, insn.word, insn.it).print(insn, profile, machine ? "\t" : " ");
}
