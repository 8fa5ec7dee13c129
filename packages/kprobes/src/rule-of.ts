import { encoding, encodings, type Insn } from "@cmodx/codec";
import { type Compat, linesFor, type Rule } from "./rule.js";
import { a32 } from "./rules/a32.js";
import { type Loose, looseWords } from "./rules/loose.js";
import { strictLines } from "./rules/strict.js";
import { t16 } from "./rules/t16.js";
import { t32 } from "./rules/t32.js";

/**
 * All lines, by instruction set and size.
 *
 * @example
 * ```ts
 * const isas = new Set(rules.map(({ isa }) => isa));
 * [...isas]; // ["a32", "t32"]
 * ```
 */
export const rules: readonly Rule[] = [...a32, ...t16, ...t32];

type ByRow = readonly (Rule | undefined)[];

let linux: ByRow | undefined;
let strict: ByRow | undefined;

/** Lines by the row's place in the codec's table; those that come first win. */
function compile(lines: readonly Rule[]): ByRow {
  const exact = new Map<string, Rule>();
  const prefixes: { readonly key: string; readonly rule: Rule }[] = [];
  for (const rule of lines)
    for (const id of rule.rows.split(" ")) {
      const key = `${rule.isa} ${rule.size} ${id}`;
      if (id.endsWith("*")) prefixes.push({ key: key.slice(0, -1), rule });
      else if (!exact.has(key)) exact.set(key, rule);
    }
  return encodings.map((row) => {
    const key = `${row.isa} ${row.size} ${row.id}`;
    return exact.get(key) ?? prefixes.find((prefix) => key.startsWith(prefix.key))?.rule;
  });
}

/** The line for a row of the codec's table. */
function ruleOfRow(index: number, compat: Compat): Rule | undefined {
  linux ??= compile(rules);
  if (compat === "linux") return linux[index];
  strict ??= compile([...strictLines, ...rules]);
  return strict[index];
}

/** The usual first instruction of a function with a frame pointer is copied without a slot. */
const movIpSp = linesFor("a32", 4)("MOV_reg_A1", "simulate", "is simulated: function prologues begin with it", {
  usage: "ip-sp",
});

/** The line for an instruction; undefined when its word is unallocated. */
export function ruleOf(insn: Insn, compat: Compat): Rule | undefined {
  if (insn.isa === "a32" && (insn.word & 0x0fffffff) === 0x01a0c00d && insn.word >>> 28 !== 15) return movIpSp;
  return insn.encoding && ruleOfRow(insn.encoding.index, compat);
}

/** The pattern by which the kernel takes this word for something else than it is. */
export function looseMatch(insn: Insn): Loose | undefined {
  const found = looseWords.find(
    ({ isa, size, mask, value }) => isa === insn.isa && size === insn.size && (insn.word & mask) >>> 0 === value,
  );
  return found?.as === "" ? undefined : found;
}

/** The line that such a pattern stands for. */
export function ruleOfLoose({ isa, as }: Loose): Rule | undefined {
  const row = as === null ? undefined : encoding(isa, as);
  return row && ruleOfRow(row.index, "linux");
}
