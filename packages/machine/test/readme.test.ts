import { readFileSync } from "node:fs";
import * as machine from "@cmodx/machine";
import { expect, test } from "vitest";

/** Runs the first TypeScript example of a README with its imports answered by `module`; returns what it prints. */
function printed(readme: string, module: Record<string, unknown>): string {
  const code = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  const lines: string[] = [];
  const names = [...code.matchAll(/import \{([^}]*)\}/g)].flatMap(([, list]) =>
    list!.split(",").map((name) => name.trim()),
  );
  const values = names.filter((name) => !name.startsWith("type "));
  const plain = code
    .replace(/import [^;]*;\n/g, "")
    .replace(/: (Operation\[\]|Model<number, number>)/g, "")
    .replace(/!(?=[.;[,)])/g, "");
  const run = new Function("console", ...values, plain);
  run({ log: (...parts: unknown[]) => lines.push(parts.join(" ")) }, ...values.map((name) => module[name]));
  return `${lines.join("\n")}\n`;
}

test("the README's example prints what the README says", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  expect(printed(readme, machine)).toBe(/```text\n([\s\S]*?)```/.exec(readme)![1]!);
});
