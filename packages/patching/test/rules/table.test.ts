import { decodeA32, decodeT32, type Insn } from "@cmodx/codec";
import { type Architecture, check, type Edit } from "@cmodx/patching";
import { describe, expect, test } from "vitest";
import { A32, type Kinds, T16, T32 } from "./kinds.js";

// Every kind of instruction against every other, in every way in which one may become the other. The page docs/rules-table.md is
// what `check` says; beside it stands what the manuals say, written down by hand, with no code or list of ours in it.

const ARCHITECTURES: readonly Architecture[] = ["armv7", "armv8-aarch32"];
const ADDRESS = 0x8000;

/** Every edit from a sample of one kind to one of another. */
interface Cell {
  readonly from: string;
  readonly to: string;
  readonly edits: readonly Edit[];
}

interface Space {
  readonly title: string;
  readonly about: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly cells: readonly Cell[];
}

const a32 = (word: number) => decodeA32(word, ADDRESS);
const t16 = (word: number) => decodeT32(word, 0, ADDRESS);
const wide = (name: string): Insn[] =>
  T32[name]!.first.flatMap((first) => T32[name]!.second.map((second) => decodeT32(first, second, ADDRESS)));
const narrow = (name: string): Insn[] => T16[name]!.map(t16);

function cells(
  rows: readonly string[],
  columns: readonly string[],
  isa: Edit["isa"],
  samples: readonly [from: (name: string) => Insn[], to: (name: string) => Insn[]],
  fits: (from: Insn, to: Insn) => boolean = () => true,
): Cell[] {
  const [olds, news] = samples;
  return rows.flatMap((from) =>
    columns.map((to) => ({
      from,
      to,
      edits: olds(from).flatMap((old) =>
        news(to)
          .filter((now) => (old.word !== now.word || old.size !== now.size) && fits(old, now))
          .map((now) => ({ isa, address: ADDRESS, from: old, to: now })),
      ),
    })),
  );
}

function square(title: string, about: string, isa: Edit["isa"], kinds: Kinds, decode: (word: number) => Insn): Space {
  const names = Object.keys(kinds);
  const samples = (name: string) => kinds[name]!.map(decode);
  return { title, about, rows: names, columns: names, cells: cells(names, names, isa, [samples, samples]) };
}

function halves(title: string, about: string, first: boolean, second: boolean): Space {
  const names = Object.keys(T32);
  const fits = (a: Insn, b: Insn) =>
    (a.word >>> 16 !== b.word >>> 16) === first && ((a.word & 0xffff) !== (b.word & 0xffff)) === second;
  return { title, about, rows: names, columns: names, cells: cells(names, names, "t32", [wide, wide], fits) };
}

const WIDE = Object.keys(T32);
const NARROW = Object.keys(T16);
const SPACES: readonly Space[] = [
  square("A32", "One word, fetched in one piece. `x` and `y` are two targets.", "a32", A32, a32),
  square("T32, 16-bit", "One halfword, fetched in one piece.", "t32", T16, t16),
  halves("T32, 32-bit: the first halfword changes", "The second halfword is the same in both.", true, false),
  halves("T32, 32-bit: the second halfword changes", "The first halfword is the same in both.", false, true),
  halves("T32, 32-bit: both halfwords change", "Two modifications, whatever the store.", true, true),
  {
    title: "T32: 32-bit to 16-bit",
    about: "The first halfword is written; the second one stays behind.",
    rows: WIDE,
    columns: NARROW,
    cells: cells(WIDE, NARROW, "t32", [wide, narrow]),
  },
  {
    title: "T32: 16-bit to 32-bit",
    about: "The first halfword is written; the second one is in place.",
    rows: NARROW,
    columns: WIDE,
    cells: cells(NARROW, WIDE, "t32", [narrow, wide]),
  },
];

const answers = new Map<Cell, string>();

/** What `check` says of a cell, as versions that list it: "7 8", "8" or ""; "-" where no sample becomes another this way. */
function told(cell: Cell): string {
  const answer = answers.get(cell) ?? asked(cell);
  answers.set(cell, answer);
  return answer;
}

function asked({ edits }: Cell): string {
  if (edits.length === 0) return "-";
  const found = edits.map((edit) =>
    ARCHITECTURES.filter((architecture) => check(edit, { architecture }).verdict === "concurrent")
      .map((architecture) => (architecture === "armv7" ? "7" : "8"))
      .join(" "),
  );
  // Kinds are what the rules look at, so all samples of a cell are answered alike.
  expect(new Set(found).size).toBe(1);
  return found[0]!;
}

/** The manuals' lists by hand: of each space, which versions list a change from one kind to the other. */
const BY_HAND: Readonly<Record<string, (from: string, to: string) => string>> = {
  A32: (from, to) => whole(from, to, "NOP NOPEQ B BEQ BNE BL BLEQ BKPT SVC HVC SMC".split(" "), ["ISB"]),
  "T32, 16-bit": (from, to) => whole(from, to, "NOP B BEQ BNE BKPT SVC".split(" "), ["BX", "BLX reg"]),
  "T32, 32-bit: the first halfword changes": (from, to) =>
    ["BL>BL", "BLX>BLX"].includes(`${from}>${to}`) ? "7 8" : "",
  "T32, 32-bit: the second halfword changes": (from, to) =>
    ["BL>BL", "BLX>BLX", "B.W>B.W", "BEQ.W>BEQ.W", "BNE.W>BNE.W"].includes(`${from}>${to}`) ? "7 8" : "",
  "T32, 32-bit: both halfwords change": () => "",
  "T32: 32-bit to 16-bit": (from, to) => slot(from, to),
  "T32: 16-bit to 32-bit": (from, to) => slot(to, from),
};

/** Both must be listed, and a branch must not change condition and target at once. */
function whole(from: string, to: string, both: readonly string[], eight: readonly string[]): string {
  const [kindOf, targetOf] = [
    (name: string) => name.replace(/ [xy]$/, ""),
    (name: string) => / ([xy])$/.exec(name)?.[1],
  ];
  const condition = (name: string) => /^BL?(EQ|NE)?( [xy])$/.exec(name)?.[1] ?? "AL";
  const [one, other] = [kindOf(from), kindOf(to)];
  const [x, y] = [targetOf(from), targetOf(to)];
  if (x !== undefined && y !== undefined && x !== y && condition(from) !== condition(to)) return "";
  const seven = both.includes(one) && both.includes(other);
  const listed = (name: string) => both.includes(name) || eight.includes(name);
  return seven ? "7 8" : listed(one) && listed(other) ? "8" : "";
}

/** The first halfword of BL or BLX against a 16-bit instruction: NOP is not among them. */
function slot(call: string, small: string): string {
  if (call !== "BL" && call !== "BLX") return "";
  if (/^B(EQ|NE)? [xy]$/.test(small) || small === "BKPT" || small === "SVC") return "7 8";
  return small === "BX" || small === "BLX reg" ? "8" : "";
}

describe.each(SPACES)("$title", ({ title, cells: all }) => {
  const possible = all.filter(({ edits }) => edits.length > 0);

  test(`every cell is what the manuals say, and ${possible.length} of ${all.length} can be`, () => {
    const wrong = possible.filter((cell) => told(cell) !== BY_HAND[title]!(cell.from, cell.to));
    expect(wrong.map(({ from, to }) => `${from} to ${to}`)).toEqual([]);
    expect(possible.length).toBeGreaterThan(0);
  });

  test("every sample is an instruction, of the kind that it stands for alone", () => {
    const words = all.flatMap(({ edits }) => edits.map(({ to }) => to));
    for (const insn of words) expect(insn.status === "ok" || insn.status === "undefined").toBe(true);
  });
});

/** A Markdown table as the formatter would write it. */
function aligned([header = [], ...rows]: readonly (readonly string[])[]): string[] {
  const widths = header.map((_, i) => Math.max(3, ...[header, ...rows].map((row) => row[i]!.length)));
  const line = (row: readonly string[], fill = " ") =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i]!, fill)).join(" | ")} |`;
  return [
    line(header),
    line(
      widths.map(() => ""),
      "-",
    ),
    ...rows.map((row) => line(row)),
  ];
}

test("the page has every cell", async () => {
  const page = [
    "# The rules as a table",
    "",
    "Every kind of instruction against every other, in every way in which one becomes the other, as `check` answers; the test suite",
    "compares it with the manuals' lists written down by hand. A row is the old instruction, a column the new one.",
    "",
    "- `7 8`: may be changed while other cores execute it, in ARMv7 and in ARMv8; `8`: in ARMv8 only.",
    "- empty: not while a core may execute it.",
    "- `-`: no encodings of the two differ in this way.",
    "",
    "A cell on the diagonal is about two instructions of the kind that differ in their operands. The [rules](rules.md) page has the reasons.",
    ...SPACES.flatMap(({ title, about, rows, columns, cells: all }) => [
      "",
      `## ${title}`,
      "",
      about,
      "",
      ...aligned([
        ["from \\ to", ...columns],
        ...rows.map((row, i) => [row, ...all.slice(i * columns.length, (i + 1) * columns.length).map(told)]),
      ]),
    ]),
    "",
  ].join("\n");
  await expect(page).toMatchFileSnapshot("../../../../docs/rules-table.md");
});
