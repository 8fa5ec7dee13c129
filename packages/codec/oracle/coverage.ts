import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodings } from "@cmodx/codec";
import { classes } from "./compare.js";

/** What a comparison with the tools found, by the part of the table that a word belongs to, and by class. */
export class Coverage {
  readonly #groups = new Map<string, { words: number; agree: number }>();
  readonly #classes = new Map<string, Map<string, number>>();
  readonly #totals = new Map<string, number>();

  add(space: string, group: string, outcome: string): void {
    const known = this.#groups.get(group) ?? { words: 0, agree: 0 };
    this.#groups.set(group, { words: known.words + 1, agree: known.agree + (outcome === "agree" ? 1 : 0) });
    this.#totals.set(space, (this.#totals.get(space) ?? 0) + 1);
    const counts = this.#classes.get(outcome) ?? new Map<string, number>();
    this.#classes.set(outcome, counts.set(space, (counts.get(space) ?? 0) + 1));
  }

  #groupTable(): string[] {
    const rows = new Map<string, number>();
    for (const { isa, group } of encodings) rows.set(`${isa} ${group}`, (rows.get(`${isa} ${group}`) ?? 0) + 1);
    const line = (name: string, count: number | string): string => {
      const { words, agree } = this.#groups.get(name) ?? { words: 0, agree: 0 };
      const share = words === 0 ? "" : `${((100 * agree) / words).toFixed(1)} %`;
      return `| ${name.replace(/^a32 /, "A32: ").replace(/^t32 (32-bit )?/, "")} | ${count} | ${words} | ${share} |`;
    };
    return [
      "| part of the table | rows | words tried | agree to the letter |",
      "| --- | --- | --- | --- |",
      ...[...rows].map(([name, count]) => line(name, count)),
      line("no row", ""),
    ];
  }

  #classTable(): string[] {
    const spaces = ["T16", "A32", "T32"];
    const share = (outcome: string, space: string): string => {
      const n = this.#classes.get(outcome)?.get(space) ?? 0;
      return n === 0 ? "" : `${((100 * n) / this.#totals.get(space)!).toFixed(2)} %`;
    };
    return [
      "| class | T16 | A32 | T32 | budget a million | what it is, and what we answer |",
      "| --- | --- | --- | --- | --- | --- |",
      `| agree | ${spaces.map((space) => share("agree", space)).join(" | ")} | | |`,
      ...Object.entries(classes).map(
        ([name, { budget, why, answer }]) =>
          `| ${name} | ${spaces.map((space) => share(name, space)).join(" | ")} | ${budget} | ${why}; ${answer} |`,
      ),
    ];
  }

  /** Writes the tables into the page, between its marks. */
  write(seed: number, count: number): void {
    const file = join(import.meta.dirname, "../../../docs/codec.md");
    const page = readFileSync(file, "utf8");
    const made = [
      "<!-- coverage -->",
      "",
      `Written by \`pnpm oracle codec --docs --seed ${seed} --count ${count}\`: words of each row, and words of no row, held against llvm-mc and objdump.`,
      "",
      ...this.#groupTable(),
      "",
      ...this.#classTable(),
      "",
      "<!-- end of coverage -->",
    ].join("\n");
    writeFileSync(file, page.replace(/<!-- coverage -->[\s\S]*<!-- end of coverage -->/, made));
  }
}
