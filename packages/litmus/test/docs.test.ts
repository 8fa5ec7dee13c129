import { readFileSync } from "node:fs";
import { runLitmus } from "@cmodx/litmus";
import { expect, test } from "vitest";
import { read } from "./own-tests.js";

/** The litmus blocks of the documentation, with the answers it gives. */
const blocks = ["litmus.md", "surprises.md"].flatMap((page) => {
  const text = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), "utf8");
  const found = [...text.matchAll(/^```litmus title="([^"]+)" verdict="(\w+)"\n([\s\S]*?)^```$/gm)];
  expect(found.length).toBe([...text.matchAll(/^```litmus/gm)].length);
  return found.map(([, name, verdict, code]) => [page, name!, verdict!, code!] as const);
});

test("the pages have examples", () => {
  expect(blocks.filter(([page]) => page === "litmus.md").length).toBeGreaterThanOrEqual(5);
  expect(blocks.filter(([page]) => page === "surprises.md").length).toBeGreaterThanOrEqual(10);
});

test.each(blocks)("%s: %s is %s", (_, name, verdict, code) => {
  const litmus = read(code);
  expect(litmus.name).toBe(name);
  const result = runLitmus(litmus);
  expect([result.verdict, result.error]).toEqual([verdict, undefined]);
});
