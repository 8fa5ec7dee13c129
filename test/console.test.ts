import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runCommand } from "../apps/cli/test/run-command.js";

// `console` blocks of the pages: each `$ cmodx …` is run as built, and the lines after it must be in its output, in order.

const root = fileURLToPath(new URL("..", import.meta.url));

interface Run {
  readonly page: string;
  readonly args: string;
  readonly lines: string[];
}

function runsOf(page: string): Run[] {
  const text = readFileSync(join(root, "docs", page), "utf8");
  const runs: Run[] = [];
  for (const [, block = ""] of text.matchAll(/^```console\n([\s\S]*?)^```$/gm)) {
    for (const line of block.split("\n")) {
      const args = /^\$ cmodx (.*)$/.exec(line)?.[1];
      if (args !== undefined) runs.push({ page, args, lines: [] });
      else if (line !== "") runs.at(-1)?.lines.push(line);
    }
  }
  return runs;
}

const pages = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".md"),
);
const runs = pages.flatMap(runsOf);

test("there are some", () => expect(runs.length).toBeGreaterThan(0));

describe("pages", () => {
  test.concurrent.each(runs)("$page: cmodx $args", async ({ args, lines }) => {
    expect(lines.length, "a run that shows nothing claims nothing").toBeGreaterThan(0);
    const { stdout, stderr } = await runCommand(args);
    let rest = stdout + stderr;
    for (const line of lines) {
      const at = rest.indexOf(line);
      expect(at, `"${line}" in\n${rest}`).toBeGreaterThanOrEqual(0);
      rest = rest.slice(at + line.length);
    }
  });
});
