import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { type Golden, parseGolden, printGolden } from "./golden-file.js";
import { runCommand } from "./run-command.js";

// Each golden/*.txt is a session with the built command: see golden/README.md. BLESS=1 rewrites what it prints.

const here = fileURLToPath(new URL(".", import.meta.url));
// Where sessions write what they make.
mkdirSync(join(here, "../../../.cache"), { recursive: true });
const bless = process.env["BLESS"] === "1";

/** Seconds and the like differ from run to run; their presence is what matters. */
function steady(text: string): string {
  return text
    .replaceAll(/"seconds":[0-9.e-]+/g, '"seconds":#')
    .replaceAll(/\b[0-9]+\.[0-9]+ s\b/g, "# s")
    .replaceAll(/^(Time \S+) [0-9.]+$/gm, "$1 #");
}

async function answer(run: Golden["runs"][number]): Promise<{ output: string; exit: number }> {
  const { stdout, stderr, exit } = await runCommand(run.args);
  return { output: steady(stdout + stderr.replaceAll(/^(?=.)/gm, "stderr: ")), exit };
}

describe.each(readdirSync(join(here, "golden")).filter((name) => name.endsWith(".txt")))("%s", (name) => {
  const path = join(here, "golden", name);
  const golden = parseGolden(readFileSync(path, "utf8"));

  test.concurrent.each(golden.runs)("cmodx $args", async (run) => {
    const { output, exit } = await answer(run);
    expect(exit).toBe(run.exit);
    if (bless) run.output = output;
    else expect(output).toBe(run.output);
  });

  afterAll(() => {
    if (bless) writeFileSync(path, printGolden(golden));
  });
});
