import { readFileSync } from "node:fs";
import { assemble, cmodxClass, decode, effects, encodings, format } from "@cmodx/codec";
import { describe, expect, it } from "vitest";
import { classes } from "../oracle/compare.js";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

describe("the pages", () => {
  it("print what the README's example prints", () => {
    const made = assemble("loop: subs r0, #1\n bne loop\n b.w 0x9000", { isa: "t32", address: 0x8000 });
    if (!made.ok) throw new Error(made.issues[0]?.message);
    const lines: string[] = [];
    for (let at = 0; at < made.code.length; ) {
      const insn = decode("t32", made.code, at, 0x8000 + at)!;
      const { branch, writesFlags } = effects(insn);
      const { whole } = cmodxClass(insn);
      lines.push(`${format(insn)} | ${whole} | ${branch ? `${branch.min} to ${branch.max}` : writesFlags}`);
      at += insn.size;
    }
    expect(read("../README.md")).toContain(`\`\`\`text\n${lines.join("\n")}\n\`\`\``);
  });

  it("count the rows that there are, and tell every class of disagreement", () => {
    const page = read("../../../docs/codec.md");
    const tables = /<!-- coverage -->([\s\S]*)<!-- end of coverage -->/.exec(page)![1]!;
    const counts = new Map<string, number>();
    for (const { isa, group } of encodings) {
      const name = isa === "a32" ? `A32: ${group}` : group.replace("32-bit ", "");
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const told = [...tables.matchAll(/^\| ([^|]+?) +\| (\d+) +\| \d+ +\| [\d.]+ % +\|$/gm)];
    expect(new Map(told.map(([, name, rows]) => [name, Number(rows)]))).toEqual(counts);
    for (const [name, { budget, why, answer }] of Object.entries(classes)) {
      const row = tables.split("\n").find((line) => line.startsWith(`| ${name} `));
      expect(row?.replace(/ +/g, " ")).toContain(`| ${budget} | ${why}; ${answer} |`);
    }
  });
});
