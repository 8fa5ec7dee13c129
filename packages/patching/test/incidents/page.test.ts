import { INCIDENTS, PATTERNS } from "@cmodx/patching";
import { expect, test } from "vitest";

// The page is the catalogue in words: `npx vitest run packages/patching -u` writes it anew.

const page = [
  "# Incidents",
  "",
  "Real programs that changed running code and got it wrong. Each comes down to one or more of twelve patterns, and each",
  "pattern is reproduced on the machine: some execution goes wrong as it was done, none as it is mended. The last one went",
  "wrong in what the changed code led to, and names the command that shows it.",
  "`cmodx incidents ID` shows one with its counterexample.",
  "",
  "## Patterns",
  "",
  ...PATTERNS.flatMap(({ id, title, explanation }) => [`### ${id}: ${title}`, "", explanation, ""]),
  "## Catalogue",
  "",
  ...INCIDENTS.flatMap(({ id, project, platform, what, source, patterns, command }) => [
    `### ${id}. ${project}, ${platform}`,
    "",
    `${what[0]?.toUpperCase()}${what.slice(1)}. ${command === undefined ? `Patterns: ${patterns.join(", ")}` : `Shown by \`${command}\``}. Source: ${source}.`,
    "",
  ]),
].join("\n");

test("the page of incidents says what the catalogue says", async () => {
  await expect(page).toMatchFileSnapshot("../../../../docs/incidents.md");
});
