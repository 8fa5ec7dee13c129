import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { VERBS } from "../src/frame/verbs.js";

test("the manual page has every verb, with its options, and nothing that roff would take for a request", () => {
  const page = readFileSync(new URL("../dist/cmodx.1", import.meta.url), "utf8");
  const sections = [...page.matchAll(/^\.SS (\S+)\n\.nf\nUsage: cmodx (\S+)/gm)].map(([, name, used]) => [name, used]);
  expect(sections).toEqual(Object.keys(VERBS).map((name) => [name, name]));
  for (const body of page.matchAll(/^\.nf\n([\s\S]*?)^\.fi$/gm)) {
    expect(body[1]).toContain("\\-\\-help");
    expect(body[1]!.split("\n").filter((line) => /^[.']/.test(line))).toEqual([]);
  }
});
