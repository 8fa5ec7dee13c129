import { readFileSync } from "node:fs";
import { FINDINGS, SITE_KINDS } from "@cmodx/patching";
import { expect, test } from "vitest";
import { auditSample, sampleNames } from "./samples.js";

/** The page with its tables' columns no wider than their words, however the formatter aligns them. */
const page = readFileSync(new URL("../../../../docs/audit.md", import.meta.url), "utf8")
  .replaceAll(/ +\|/g, " |")
  .replaceAll(/-{3,}/g, "---");

test("docs/audit.md lists every finding with its level and meaning, every kind, and every transition's name", () => {
  const rows = Object.entries(FINDINGS).map(([id, { level, title }]) => `| \`${id}\` | ${level} | ${title} |`);
  expect(page).toContain(`| --- | --- | --- |\n${rows.join("\n")}\n`);
  for (const kind of SITE_KINDS) expect(page).toContain(`\n| \`${kind}\` | `);
  const names = sampleNames.flatMap((name) => auditSample(name).sites.flatMap((site) => site.transitions));
  for (const name of new Set(names.map((transition) => transition.name))) expect(page).toContain(`\`${name}\``);
});
