import type { ParseOptions } from "./parse.js";
import { Scanner } from "./scanner.js";

/** Instructions that say the same with the constant negated (`-`) or inverted (`~`). */
const opposites: readonly (readonly [string, string, "-" | "~"])[] = [
  ["add", "sub", "-"],
  ["cmp", "cmn", "-"],
  ["mov", "mvn", "~"],
  ["and", "bic", "~"],
  ["orr", "orn", "~"],
  ["adc", "sbc", "~"],
];

/**
 * Other ways to write a line that no syntax takes as it stands: the conveniences that GNU's assembler has too. `add r0, #-4` is
 * `sub r0, #4`, `mov r0, #-1` is `mvn r0, #0`, `mov r0, #0x1234` is `movw`, `neg`, `mul r0, r1`, `bkpt`, A32's `adr`.
 */
export function rewrites(text: string, { isa, address = 0, symbols }: ParseOptions): string[] {
  const match = /^(\s*)([a-z]+)(\S*)(.*)$/i.exec(text);
  if (match === null) return [];
  const [, indent = "", letters = "", dotted = "", operands = ""] = match;
  const name = (letters + dotted).toLowerCase();
  const made: string[] = [];
  const constant = /^(.*,\s*)#?\s*(-?(?:0x[0-9a-f]+|\d+))\s*$/i.exec(operands);
  if (constant !== null) {
    const value = Number(constant[2]);
    for (const [a, b, how] of opposites) {
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        if (!name.startsWith(from)) continue;
        const other = how === "-" ? -value : ~value >>> 0;
        if (how === "~" || value < 0) made.push(`${indent}${to}${name.slice(3)}${constant[1]}#${other}`);
      }
    }
    if (/^mov(?!s|t|w)/.test(name) && value >= 0 && value < 0x10000)
      made.push(`${indent}movw${name.slice(3)}${operands}`);
  }
  if (name.startsWith("neg")) made.push(`${indent}rsb${name.slice(3)}${operands}, #0`);
  if (name === "bkpt" && operands.trim() === "") made.push(`${indent}bkpt #0`);
  const two = /^\s*(\w+)\s*,\s*(\w+)\s*$/.exec(operands);
  if (name.startsWith("mul") && two !== null) made.push(`${indent}${name} ${two[1]}, ${two[2]}, ${two[1]}`);
  const three = /^\s*(\w+)\s*,\s*(\w+)\s*,\s*(\w+)\s*$/.exec(operands);
  if (name.startsWith("pkhtb") && three !== null)
    made.push(`${indent}pkhbt${name.slice(5)} ${three[1]}, ${three[3]}, ${three[2]}`);
  const adr = isa === "a32" && name.startsWith("adr") ? /^(\s*\w+\s*,\s*)(#?)(.+)$/.exec(operands) : null;
  if (adr !== null) {
    const target = new Scanner(adr[3]!, symbols).number();
    if (target !== undefined) {
      const distance = adr[2] === "#" ? target.value : (target.value - (address + 8)) | 0;
      made.push(`${indent}${distance < 0 ? "sub" : "add"}${name.slice(3)}${adr[1]}pc, #${Math.abs(distance)}`);
    }
  }
  return made;
}
