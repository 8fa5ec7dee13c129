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
  const constant = /^(.*,\s*)[#$]?\s*(-?)(0x[0-9a-f]+|\d+)\s*$/i.exec(operands);
  if (constant !== null) {
    const value = constant[2] === "-" ? -Number(constant[3]) : Number(constant[3]);
    // A shift by 0 is a move.
    const shift = /^(lsl|lsr|asr|ror)(.*)$/.exec(name);
    if (value === 0 && shift !== null) made.push(`${indent}mov${shift[2]}${constant[1]!.replace(/,\s*$/, "")}`);
    for (const [a, b, how] of opposites) {
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        if (!name.startsWith(from)) continue;
        const negative = value < 0 || value > 0x7fffffff;
        const other = how === "-" ? -value >>> 0 : ~value >>> 0;
        if (how === "~" || negative) made.push(`${indent}${to}${name.slice(3)}${constant[1]}#${other}`);
      }
    }
    if (/^mov(?!s|t|w)/.test(name) && value >= 0 && value < 0x10000)
      made.push(`${indent}movw${name.slice(3)}${operands}`);
  }
  if (name.startsWith("neg")) made.push(`${indent}rsb${name.slice(3)}${operands}, #0`);
  if (name === "bkpt" && operands.trim() === "") made.push(`${indent}bkpt #0`);
  // The names before UAL of the exchanging parallel operations.
  const exchange = /^(s|q|sh|u|uq|uh)(addsubx|subaddx)(.*)$/.exec(name);
  if (exchange !== null)
    made.push(`${indent}${exchange[1]}${exchange[2] === "addsubx" ? "asx" : "sax"}${exchange[3]}${operands}`);
  if (letters.toLowerCase().startsWith("v")) made.push(...simdRewrites(indent, name, operands));
  // The last operation number of a coprocessor move is 0 when left out; the second of two registers is the next one.
  if (/^m(cr|rc)/.test(name)) made.push(`${indent}${name}${operands}, #0`);
  const pair = /^(\s*r)(\d+)(\s*,\s*\[.*)$/i.exec(operands);
  if (/^(ldr|str)d/.test(name) && pair !== null)
    made.push(`${indent}${name}${pair[1]}${pair[2]}, r${Number(pair[2]) + 1}${pair[3]}`);
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

/** Data types that say more than the encoding does, and comparisons the other way round. */
function simdRewrites(indent: string, name: string, operands: string): string[] {
  const made: string[] = [];
  const typed = /^(v[a-z]+\d?)\.([a-z]*)(\d*)$/.exec(name);
  if (typed !== null) {
    const [, stem = "", kind = "", bits = ""] = typed;
    if (/^v(and|orr|eor|bic|orn|bsl|bit|bif|swp|mvn|mov|push|pop|ldm|stm|ldr|str)/.test(stem))
      made.push(`${indent}${stem}${operands}`);
    if (kind === "s" || kind === "u") made.push(`${indent}${stem}.i${bits}${operands}`);
    if (kind !== "") made.push(`${indent}${stem}.${bits}${operands}`);
  }
  const three = /^(\s*\w+\s*),\s*(\w+)\s*,\s*(\w+)\s*$/.exec(operands);
  const turned = /^v(ac|c)(lt|le)(.*)$/.exec(name);
  if (turned !== null && three !== null)
    made.push(
      `${indent}v${turned[1]}${turned[2] === "lt" ? "gt" : "ge"}${turned[3]}${three[1]}, ${three[3]}, ${three[2]}`,
    );
  const two = /^\s*(\w+)\s*,\s*(\w+)\s*$/.exec(operands);
  if (turned !== null && two !== null)
    made.push(`${indent}v${turned[1]}${turned[2] === "lt" ? "gt" : "ge"}${turned[3]} ${two[1]}, ${two[2]}, ${two[1]}`);
  // Of two D registers of 32-bit elements all three do the same.
  if (/^v(zip|uzp)\.32$/.test(name)) made.push(`${indent}vtrn.32${operands}`);
  if (name.startsWith("vcvt") && /,\s*#0\s*$/.test(operands))
    made.push(`${indent}${name}${operands.replace(/,\s*#0\s*$/, "")}`);
  return made;
}
