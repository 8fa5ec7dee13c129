import { readFileSync } from "node:fs";
import { findTable, jumpTable } from "@cmodx/elf";
import { expect, test } from "vitest";
import { sample } from "./samples.js";

test("the README's example prints what the README says", () => {
  const image = sample("sites-thumb2.elf");
  const lines = [...findTable(image, jumpTable)!.entries()].map(({ code, target, key }) => {
    const { name, offset } = image.symbolAt(code)!;
    const likely = (key.flags & 1) === 1 ? "likely" : "unlikely";
    return `${name}+${offset} (${image.isaAt(code).isa}) ${image.symbolAt(key)!.name} ${likely}, to +${target.address - code.address}`;
  });
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\n\`\`\`\n${lines.join("\n")}\n\`\`\`\n`);
  for (const code of ["isaAt(code).isa", "symbolAt(key)!.name", "findTable(image, jumpTable)!.entries()"]) {
    expect(readme).toContain(code);
  }
});
