import type { Isa } from "./encoding.js";
import { modernName } from "./old-names.js";
import type { ParseOptions } from "./parse.js";
import { registerNumber } from "./registers.js";
import { Scanner } from "./scanner.js";
import { simdRewrites } from "./simd-rewrites.js";

/** Instructions that say the same with the constant negated (`-`) or inverted (`~`). */
const opposites: readonly (readonly [string, string, "-" | "~"])[] = [
  ["add", "sub", "-"],
  ["cmp", "cmn", "-"],
  ["mov", "mvn", "~"],
  ["and", "bic", "~"],
  ["orr", "orn", "~"],
  ["adc", "sbc", "~"],
];

const dividedName =
  /^(and|eor|sub|rsb|add|adc|sbc|rsc|orr|mov|bic|mvn|mul|mla|[su]mull|[su]mlal|lsl|lsr|asr|ror|rrx)(eq|ne|[ch]s|cc|lo|mi|pl|v[sc]|hi|ls|ge|[lg]t|le|al)s$/;

/** The same of loads and stores, which A32's rows say themselves. */
const dividedTransfer =
  /^(ldr|str|ldm|stm)(eq|ne|[ch]s|cc|lo|mi|pl|v[sc]|hi|ls|ge|[lg]t|le|al)(s?bt?|s?ht?|d|t|ia|db|fd|ea)$/;

/**
 * Other ways to write a line that no syntax takes as it stands: the conveniences that GNU's assembler has too. `add r0, #-4` is
 * `sub r0, #4`, `mov r0, #-1` is `mvn r0, #0`, `mov r0, #0x1234` is `movw`, `neg`, `mul r0, r1`, `bkpt`, A32's `adr`, names
 * before UAL, a vector's constant in elements of another size.
 */
export function rewrites(text: string, options: ParseOptions): string[] {
  const match = /^(\s*)([a-z]+)(\S*)(.*)$/i.exec(text);
  if (match === null) return [];
  const [, indent = "", letters = "", dotted = "", operands = ""] = match;
  const name = (letters + dotted).toLowerCase();
  const made: string[] = [];
  if (/\basl\b/i.test(text)) made.push(text.replace(/\basl/gi, "lsl"));
  made.push(...constantRewrites(indent, name, operands, options));
  if (name.startsWith("neg")) made.push(`${indent}rsb${name.slice(3)}${operands}, #0`);
  if (name.startsWith("cpy")) made.push(`${indent}mov${name.slice(3)}${operands}`);
  if (name === "bkpt" && operands.trim() === "") made.push(`${indent}bkpt #0`);
  // The names before UAL of the exchanging parallel operations.
  const exchange = /^(s|q|sh|u|uq|uh)(addsubx|subaddx)(.*)$/.exec(name);
  if (exchange !== null)
    made.push(`${indent}${exchange[1]}${exchange[2] === "addsubx" ? "asx" : "sax"}${exchange[3]}${operands}`);
  // Divided syntax has the condition before the S.
  const divided = dividedName.exec(name);
  if (divided !== null) made.push(`${indent}${divided[1]}s${divided[2]}${operands}`);
  const transfer = options.isa === "t32" ? dividedTransfer.exec(name) : null;
  if (transfer !== null) {
    const whole = `${transfer[1]}${transfer[3]}${transfer[2]}`;
    made.push(`${indent}${whole}${operands}`, ...registerRewrites(indent, whole, operands, "t32"));
  }
  // MRS reads all of a status register, whether that is said or not.
  if (name.startsWith("mrs")) made.push(`${indent}${name}${operands.replace(/(psr)_all\b/i, "$1")}`);
  // The masks of CPS may stand in any order.
  if (/^cpsi[de]/.test(name))
    made.push(
      `${indent}${name}${operands.replace(/[aif]+/i, (masks) => [...masks.toLowerCase()].sort((a, b) => "aif".indexOf(a) - "aif".indexOf(b)).join(""))}`,
    );
  const modern = modernName(name, operands);
  if (modern !== undefined) made.push(`${indent}${modern}`, ...simdRewritesOf(indent, modern));
  if (name.startsWith("v")) {
    made.push(...simdRewrites(indent, name, operands));
    // GNU's `q` behind a name says that the registers are quadwords.
    const short = /^(v[a-z]+\d*)q((?:\.\w+)*)$/.exec(name);
    if (short !== null && /\bq\d/i.test(operands)) {
      const quad = `${short[1]}${short[2]}`;
      made.push(`${indent}${quad}${operands}`, ...simdRewrites(indent, quad, operands));
    }
  }
  made.push(...caretRewrite(indent, name, operands));
  made.push(...registerRewrites(indent, name, operands, options.isa));
  // A form without an offset takes one of nothing.
  if (/,\s*#0+\s*\]/.test(operands)) made.push(`${indent}${name}${operands.replace(/,\s*#0+\s*\]/, "]")}`);
  return made;
}

/** The stack's names of block transfers, by what they leave it as: empty or full, ascending or descending. */
const stackModes: Readonly<Record<string, string>> = {
  ldfd: "",
  lded: "ib",
  ldfa: "da",
  ldea: "db",
  stea: "",
  stfa: "ib",
  sted: "da",
  stfd: "db",
};

/** User registers and returns (`^`) by the names that other block transfers have, too: `ldmfd sp!, {r0, pc}^`. */
function caretRewrite(indent: string, name: string, operands: string): string[] {
  const parts = /^(ld|st)m(?:(ia|d[ab]|ib|[ef][ad])(\w\w)?|(\w\w)(ia|d[ab]|ib|[ef][ad]))$/.exec(name);
  if (parts === null || !/\^\s*$/.test(operands)) return [];
  const [, way = "", mode = parts[5]!, cond = parts[4] ?? ""] = parts;
  const plain = stackModes[way + mode] ?? (mode === "ia" ? "" : mode);
  return [`${indent}${way}m${plain}${cond}${operands}`];
}

function simdRewritesOf(indent: string, line: string): string[] {
  const at = line.indexOf(" ");
  return at < 0 ? [] : simdRewrites(indent, line.slice(0, at), line.slice(at));
}

/** What a constant at the end of a line can be said by instead. */
function constantRewrites(
  indent: string,
  name: string,
  operands: string,
  { isa, address = 0, symbols }: ParseOptions,
): string[] {
  const made: string[] = [];
  const shifted = name.startsWith("mov") ? /^(.*),\s*(?:lsl|lsr|asr|ror)\s+[#$]?([^,]+)$/i.exec(operands) : null;
  if (shifted !== null && new Scanner(shifted[2]!, symbols, address).number()?.value === 0)
    made.push(`${indent}${name}${isa === "t32" && !/^movs|\./.test(name) ? ".w" : ""}${shifted[1]}`);
  const last = /^(.*,\s*)[#$]?\s*([^,[\]{}]+)$/.exec(operands);
  const scan = last === null ? undefined : new Scanner(last[2]!, symbols, address);
  const value = scan?.number()?.value;
  if (last === null || scan === undefined || value === undefined || !scan.atEnd()) return made;
  // A shift by 0 is a move; in Thumb one that sets no flags is the wide one.
  const shift = /^(lsl|lsr|asr|ror)(.*)$/.exec(name);
  if (value === 0 && shift !== null) {
    const moved = last[1]!.replace(/,\s*$/, "");
    const two = moved.includes(",") ? moved : `${moved}, ${moved}`;
    const wide = isa === "t32" && !/^s|\./.test(shift[2]!) ? ".w" : "";
    made.push(`${indent}mov${shift[2]}${wide}${two}`);
  }
  for (const [a, b, how] of opposites) {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      if (!name.startsWith(from) || (isa === "a32" && (from === "orn" || to === "orn"))) continue;
      const negative = value < 0 || value > 0x7fffffff;
      const other = how === "-" ? -value >>> 0 : ~value >>> 0;
      // CMN has no narrow form with a constant, so neither has CMP in its place.
      const wide = from === "cmn" && isa === "t32" && !name.includes(".") ? ".w" : "";
      if (how === "~" || negative) made.push(`${indent}${to}${name.slice(3)}${wide}${last[1]}#${other}`);
    }
  }
  if (/^mov(?!s|t|w)/.test(name) && value >= 0 && value < 0x10000)
    made.push(`${indent}movw${name.slice(3)}${operands}`);
  const adr = isa === "a32" && name.startsWith("adr") ? /^(\s*\w+\s*,\s*)(#?)/.exec(operands) : null;
  if (adr !== null) {
    const relative = adr[2] === "#";
    const distance = relative ? value : (value - (address + 8)) | 0;
    const below = distance < 0 || (relative && /#\s*-/.test(operands));
    made.push(`${indent}${below ? "sub" : "add"}${name.slice(3)}${adr[1]}pc, #${Math.abs(distance)}`);
  }
  return made;
}

/** Registers that may be left out. */
function registerRewrites(indent: string, name: string, operands: string, isa: Isa): string[] {
  const made: string[] = [];
  // Thumb has no list of one register; a single transfer does the same.
  const one = isa === "t32" ? /^\s*(\w+)\s*(!?)\s*,\s*\{\s*(\w+)\s*\}\s*$/.exec(operands) : null;
  const block = /^(ld|st)m(ia|db|fd|ea)?(.*)$/.exec(name);
  if (one !== null && block !== null) {
    const [, way, mode = "ia", suffix] = block;
    const down = mode === "db" || mode === (way === "ld" ? "ea" : "fd");
    const address =
      one[2] === "" ? (down ? `[${one[1]}, #-4]` : `[${one[1]}]`) : down ? `[${one[1]}, #-4]!` : `[${one[1]}], #4`;
    made.push(`${indent}${way}r${suffix} ${one[3]}, ${address}`);
  }
  // The last operation number of a coprocessor's instruction is 0 when left out; the second of two registers is the next one.
  if (/^(m(cr|rc)|cdp)/.test(name)) made.push(`${indent}${name}${operands}, #0`);
  const exclusive = /^(strexd|stlexd)/.test(name);
  const pair = (exclusive ? /^(\s*\w+\s*,\s*)(\w+)(\s*,\s*\[.*)$/ : /^(\s*)(\w+)(\s*,\s*\[.*)$/).exec(operands);
  const first = pair === null ? undefined : registerNumber(pair[2]!.toLowerCase());
  if (/^(ldr|str|ldrex|lda?ex|strex|stlex)d/.test(name) && pair !== null && first !== undefined && first < 15)
    made.push(`${indent}${name}${pair[1]}${pair[2]}, r${first + 1}${pair[3]}`);
  const two = /^\s*(\w+)\s*,\s*(\w+)\s*$/.exec(operands);
  if (name.startsWith("mul") && two !== null) made.push(`${indent}${name} ${two[1]}, ${two[2]}, ${two[1]}`);
  if (/^[su]div/.test(name) && two !== null) made.push(`${indent}${name} ${two[1]}, ${two[1]}, ${two[2]}`);
  const three = /^\s*(\w+)\s*,\s*(\w+)\s*,\s*(\w+)\s*$/.exec(operands);
  if (name.startsWith("pkhtb") && three !== null)
    made.push(`${indent}pkhbt${name.slice(5)} ${three[1]}, ${three[3]}, ${three[2]}`);
  return made;
}
