import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bitCount, compileCondition } from "../src/clause.js";
import type { Isa } from "../src/encoding.js";
import { keyBitsA32, keyBitsT32, keyOfA32, keyOfT32, keys } from "../src/key.js";
import { type Pattern, parsePattern } from "../src/pattern.js";
import { groups } from "../src/table/index.js";

/** Where the generated module lies. */
export const generatedFile: string = join(dirname(fileURLToPath(import.meta.url)), "../src/generated/decode-index.ts");

interface Row {
  /** Position in the table plus one. */
  readonly number: number;
  readonly isa: Isa;
  readonly pattern: Pattern;
  readonly only: ReturnType<typeof compileCondition> | undefined;
}

function rowsOfTable(): Row[] {
  const rows: Row[] = [];
  for (const { isa, rows: listed } of groups)
    for (const { diagram, spec } of listed()) {
      const pattern = parsePattern(diagram);
      const only = spec.only === undefined ? undefined : compileCondition(spec.only, pattern);
      rows.push({ number: rows.length + 1, isa, pattern, only });
    }
  return rows;
}

/** Of two rows that match the same word the one with more fixed bits is the manual's "SEE": it is asked first. */
function bySpecificity(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => bitCount(b.pattern.mask) - bitCount(a.pattern.mask));
}

/** The tests that find a row: see `DecodeIndex`. Most of what `only` says can be said by masks and values. */
function testsOf({ number, pattern, only }: Row): number[] {
  const mask = pattern.mask | 0;
  const value = pattern.value | 0;
  if (only === undefined) return [mask, value, number];
  const { masks, notMasks } = only;
  const tests: number[] = [];
  if (masks !== undefined && (notMasks === undefined || masks.length <= notMasks.length)) {
    for (let i = 0; i < masks.length; i += 2)
      if (((masks[i + 1]! ^ value) & masks[i]! & mask) === 0)
        tests.push(mask | masks[i]!, value | masks[i + 1]!, number);
  } else if (notMasks !== undefined) {
    const pairs: number[] = [];
    for (let i = 0; i < notMasks.length; i += 2)
      if (((notMasks[i + 1]! ^ value) & notMasks[i]! & mask) === 0)
        pairs.push(mask | notMasks[i]!, value | notMasks[i + 1]!);
    // What it is not goes past it: as many tests ahead as there are left.
    for (let i = 0; i < pairs.length; i += 2) tests.push(pairs[i]!, pairs[i + 1]!, -((pairs.length - i) / 2 + 1));
    tests.push(mask, value, number);
  } else tests.push(mask, value, number + 0x8000);
  return tests;
}

/** Calls back with every key that a word of the row can have. */
function eachKey(row: Row, keyMask: number, keyOf: (word: number) => number, call: (key: number) => void): void {
  const { mask, value, fields } = row.pattern;
  const free = keyMask & ~mask;
  const conditional = row.isa === "a32" && fields.has("cond");
  const seen = new Set<number>();
  let subset = 0;
  // Counts through the subsets of the free bits.
  do {
    const word = value | subset;
    // A row with a condition does not match cond = 1111, which is another instruction space.
    if (!(conditional && word >>> 28 === 15)) seen.add(keyOf(word));
    subset = (subset - free) & free;
  } while (subset !== 0);
  for (const key of seen) call(key);
}

/** Values and how often each follows itself. */
function runs(values: ArrayLike<number>): number[] {
  const made: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (i > 0 && values[i] === made.at(-1)) made[made.length - 2]!++;
    else made.push(1, values[i]!);
  }
  return made;
}

/** A number for each of some things, counted from 0 in the order they come up. */
class Numbering {
  readonly #known = new Map<string, number>();
  readonly all: number[] = [];

  /** Where these numbers stand in `all`, appended when they are new. */
  placeOf(numbers: readonly number[]): number {
    const name = numbers.join();
    let place = this.#known.get(name);
    if (place === undefined) {
      place = this.all.length;
      this.#known.set(name, place);
      this.all.push(...numbers);
    }
    return place;
  }
}

/** The tests of each key: where they start in `lists`, runs; a list is places in `tests`, its end the test that always matches. */
function index(
  rows: readonly Row[],
  keyMask: number,
  keyOf: (word: number) => number,
  tests: Numbering,
): { starts: number[]; lists: number[] } {
  const ofKey = Array.from({ length: keys }, (): number[] => []);
  for (const row of bySpecificity(rows)) {
    const all = testsOf(row);
    const places: number[] = [];
    for (let i = 0; i < all.length; i += 3) places.push(tests.placeOf(all.slice(i, i + 3)) / 3);
    eachKey(row, keyMask, keyOf, (key) => ofKey[key]!.push(...places));
  }
  const lists = new Numbering();
  const none = tests.placeOf([0, 0, 0]) / 3;
  const starts = ofKey.map((list) => lists.placeOf([...list, none]));
  return { starts: runs(starts), lists: lists.all };
}

/** The row of each halfword. */
function narrow(rows: readonly Row[]): number[] {
  const found = new Uint16Array(0x10000);
  for (const { pattern, only, number } of bySpecificity(rows).reverse()) {
    const free = ~pattern.mask & 0xffff;
    let subset = 0;
    do {
      const word = pattern.value | subset;
      if (only === undefined || only.test(word, 0)) found[word] = number;
      subset = (subset - free) & free;
    } while (subset !== 0);
  }
  return runs(found);
}

const list = (name: string, about: string, numbers: readonly number[]): string =>
  `/** ${about} */\nexport const ${name}: string = "${JSON.stringify(numbers)}";\n`;

/** The text of the module. */
export function generated(): string {
  const rows = rowsOfTable();
  const tests = new Numbering();
  const a32 = index(
    rows.filter(({ isa }) => isa === "a32"),
    keyBitsA32,
    keyOfA32,
    tests,
  );
  const wide = rows.filter(({ isa, pattern }) => isa === "t32" && pattern.width === 32);
  const t32 = index(wide, keyBitsT32, keyOfT32, tests);
  const t16 = narrow(rows.filter(({ pattern }) => pattern.width === 16));
  return `// Made from src/table by "pnpm oracle codec --generate"; do not edit. What the numbers mean stands
// in src/decode-index.ts; they are JSON, because an engine reads that in a tenth of the time it takes for its own arrays.

/** How many rows each part of the table has. */
export const groupSizes: readonly number[] = [${groups.map(({ rows: listed }) => listed().length).join(", ")}];

${list("tests", "Mask, value, answer.", tests.all)}
${list("startsA32", "A32: a number of keys, and where their list starts.", a32.starts)}
${list("listsA32", "A32: which of `tests`.", a32.lists)}
${list("startsT32", "32-bit Thumb: a number of keys, and where their list starts.", t32.starts)}
${list("listsT32", "32-bit Thumb: which of `tests`.", t32.lists)}
${list("rowsT16", "16-bit Thumb: a number of halfwords, and their row.", t16)}`;
}

/** Writes the module anew. */
export function generate(): void {
  writeFileSync(generatedFile, generated());
}
