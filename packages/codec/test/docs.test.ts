import { readFileSync } from "node:fs";
import { assemble, cmodxClass, decode, effects, encodings, format } from "@cmodx/codec";
import { describe, expect, it } from "vitest";

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

  it("count the encodings that there are", () => {
    const page = read("../../../docs/codec.md");
    const count = (isa: string, part: string): number =>
      encodings.filter(
        (row) =>
          row.isa === isa && row.group.replace("32-bit Thumb: ", "").toLowerCase().startsWith(part.toLowerCase()),
      ).length;
    const rows = [...page.matchAll(/^\| ([A-Z1][^|]*?) +\| (\d*) *\| (\d+) *\|$/gm)];
    expect(rows.length).toBe(9);
    for (const [, part, a32, t32] of rows) {
      const name = part!.replace(/^Branch, system, coprocessor$/, "Branch, system");
      expect([name, count("a32", name), count("t32", name)]).toEqual([name, Number(a32), Number(t32)]);
    }
    const all = /\*\*all\*\* +\| \*\*(\d+)\*\* +\| \*\*(\d+)\*\*/.exec(page)!;
    expect([Number(all[1]), Number(all[2])]).toEqual([
      encodings.filter(({ isa }) => isa === "a32").length,
      encodings.filter(({ isa }) => isa === "t32").length,
    ]);
  });
});
