import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Parts } from "../src/decode-index.js";
import { type Isa, type Row, syntaxes } from "../src/encoding.js";
import { type Key, keyA32, keyT32, partBitsA32, partBitsNarrow, partBitsWide, partShift } from "../src/key.js";
import { pairsOf, textOf } from "../src/numbers.js";
import { type Pattern, parsePattern } from "../src/pattern.js";
import { columnEnd, endingOf, groupEnd, rowEnd, shorten, stemOfId } from "../src/table/read.js";
import { groups } from "../src/table/source.js";
import { stemOf } from "../src/template.js";

/** Where the generated module lies. */
export const generatedFile: string = join(dirname(fileURLToPath(import.meta.url)), "../src/generated/decode-index.ts");

interface Parsed {
  /** Position in the table plus one. */
  readonly number: number;
  readonly isa: Isa;
  readonly pattern: Pattern;
}

function rowsOfTable(): Parsed[] {
  const rows: Parsed[] = [];
  for (const { isa, rows: listed } of groups)
    for (const { diagram } of listed()) {
      const pattern = parsePattern(diagram);
      rows.push({ number: rows.length + 1, isa, pattern });
    }
  return rows;
}

/** Calls back with every part of the keys that a word of the row can have. */
function eachPart(row: Parsed, key: Key, call: (part: number) => void): void {
  const { mask, value, fields, width } = row.pattern;
  const free = (row.isa === "a32" ? partBitsA32 : width === 16 ? partBitsNarrow : partBitsWide) & ~mask;
  const conditional = row.isa === "a32" && fields.has("cond");
  const seen = new Set<number>();
  let subset = 0;
  // Counts through the subsets of the free bits.
  do {
    const word = value | subset;
    // A row with a condition does not match cond = 1111, which is another instruction space.
    if (!(conditional && word >>> 28 === 15)) seen.add(key.of(word) >> partShift);
    subset = (subset - free) & free;
  } while (subset !== 0);
  for (const part of seen) call(part);
}

/** The rows that come near a part of the keys: which list each part has, and the lists. */
function parts(rows: readonly Parsed[], key: Key): Parts {
  const ofPart = Array.from({ length: key.count >> partShift }, (): number[] => []);
  for (const row of rows) eachPart(row, key, (part) => ofPart[part]!.push(row.number));
  const lists: string[] = [];
  const places = ofPart.map((list) => {
    const name = textOf(list.map((number, i) => number - (list[i - 1] ?? 0)));
    const known = lists.indexOf(name);
    return known >= 0 ? known : lists.push(name) - 1;
  });
  return { listOf: pairsOf(places), lists: lists.join(" ") };
}

/** The text of the module. */
export function generated(): string {
  const rows = rowsOfTable();
  const ofIsa = (isa: Isa, key: Key): Parts =>
    parts(
      rows.filter((row) => row.isa === isa),
      key,
    );
  return `// Made from src/table by "pnpm oracle codec --generate"; do not edit.
import type { Parts } from "../decode-index.js";

/** A32: which rows come near the parts of the keys. */
export const partsA32: Parts = ${JSON.stringify(ofIsa("a32", keyA32))};

/** Thumb: the same. */
export const partsT32: Parts = ${JSON.stringify(ofIsa("t32", keyT32))};
`;
}

/** Where the rows of each stem lie. */
export const stemsFile: string = join(dirname(generatedFile), "stems.ts");

/** Which rows have a syntax line whose mnemonic starts with a literal, for each literal, in the order of the table. */
function stems(isa: Isa): string {
  const found = new Map<string, number[]>();
  let number = 0;
  for (const group of groups)
    for (const { syntax, spec } of group.rows()) {
      number++;
      if (group.isa !== isa) continue;
      for (const stem of new Set(syntaxes(syntax, spec).map(stemOf)))
        found.set(stem, [...(found.get(stem) ?? []), number]);
    }
  return [...found]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([stem, rows]) => `${stem}=${textOf(rows.map((row, i) => row - (rows[i - 1] ?? 0)))}`)
    .join(" ");
}

/** The text of that module. */
export function generatedStems(): string {
  return `// Made from src/table by "pnpm oracle codec --generate"; do not edit.

/** For each literal that a mnemonic of A32 starts with, the rows that have such a line, as steps (numbers.ts). */
export const stemsA32: string = ${JSON.stringify(stems("a32"))};

/** The same of Thumb. */
export const stemsT32: string = ${JSON.stringify(stems("t32"))};
`;
}

/** Where the rows lie: all of them, and what decoding needs of them, for the entry that only decodes. */
export const rowsFile: string = join(dirname(generatedFile), "rows.ts");
export const decodeRowsFile: string = join(dirname(generatedFile), "decode-rows.ts");

const decodeColumns = ["id", "diagram", "only", "undefined", "unpredictable"];
const otherColumns = (): string[] => {
  const specs = groups.flatMap((group) => group.rows().flatMap(({ spec }) => Object.keys(spec)));
  // Texts that are like the syntax come right behind it: they pack better near it.
  const near = ["gnu", "also", "preUal", "llvm", "aliases"];
  const rank = (name: string): number => (near.includes(name) ? near.indexOf(name) : near.length);
  return [...new Set(specs)]
    .filter((name) => !decodeColumns.includes(name))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
};

/** The module of a table with these columns. Without all of them a group's title and origin are not asked for, either. */
function generatedTable(names: readonly string[]): string {
  const all = names !== decodeColumns;
  const written: (readonly Row[])[] = [];
  const heads = groups.map((group) => {
    const rows = group.rows();
    const { isa, arch, extension, narrow } = group;
    const title = group.title.replace("32-bit Thumb: ", "");
    const simd = isa === "t32" && /VFP|SIMD/.test(title);
    const from = simd ? groups.findIndex((other) => other.title === title && other.isa === "a32") : undefined;
    // Those that are made from others have an empty place.
    const short = ({ id, syntax, ...row }: Row): Row => ({
      id: id.endsWith(endingOf(isa)) ? id.slice(0, -3) : id,
      syntax: syntax.startsWith(stemOfId(id)) ? `*${syntax.slice(stemOfId(id).length)}` : syntax,
      ...row,
    });
    written.push(simd ? [] : rows.map(short));
    const origin = all ? { title: group.title, isa, arch, extension } : { title: "", isa, arch: "" };
    return `    ${JSON.stringify({ ...origin, narrow, from, size: rows.length })},`;
  });
  const text = names
    .map((name) => written.map((rows) => shorten(rows.map((row) => partOf(row, name)))).join(groupEnd))
    .join(columnEnd);
  return `// Made from src/table by "pnpm oracle codec --generate"; do not edit. src/table/read.ts reads it.
import type { TableText } from "../table/read.js";

export const table: TableText = {
  names: "${names.join(" ")}",
  heads: [
${heads.join("\n")}
  ],
  text: ${JSON.stringify(text)},
};
`;
}

function partOf({ id, diagram, syntax, spec }: Row, name: string): string {
  const part = { id, diagram, syntax, ...spec }[name];
  const text = part === undefined ? "" : typeof part === "string" ? part : JSON.stringify(part);
  if ([columnEnd, groupEnd, rowEnd, "'"].some((end) => text.includes(end)))
    throw new RangeError(`${id}: "${text}" has a character that ends columns`);
  return text;
}

/** The text of the module with the whole table. */
export function generatedRows(): string {
  return generatedTable([...decodeColumns, "syntax", ...otherColumns()]);
}

export function generatedDecodeRows(): string {
  return generatedTable(decodeColumns);
}

/** Writes the modules anew. */
export function generate(): void {
  writeFileSync(generatedFile, generated());
  writeFileSync(rowsFile, generatedRows());
  writeFileSync(decodeRowsFile, generatedDecodeRows());
  writeFileSync(stemsFile, generatedStems());
}
