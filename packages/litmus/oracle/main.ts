// `pnpm oracle litmus [--count N] [--seed S] [FOLDER …]`: the engine beside an axiomatic checker that shares no rule with it, on the
// project's tests, on those of the folders named, and on random ones.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { randomBelow } from "../../../test/random.js";
import { compare } from "../axiomatic/compare.js";
import { randomTest } from "../axiomatic/random.js";
import { parseLitmus } from "../src/index.js";

const { values, positionals } = parseArgs({
  options: { count: { type: "string", default: "500" }, seed: { type: "string", default: "1" } },
  allowPositionals: true,
});

let failed = false;
function run(name: string, tests: Iterable<readonly [name: string, text: string]>): void {
  let [same, different] = [0, 0];
  const unread = new Map<string, number>();
  for (const [file, text] of tests) {
    const parsed = parseLitmus(text);
    const found = parsed.ok ? compare(parsed.test, 200_000) : ({ kind: "unread", why: "malformed" } as const);
    if (found.kind === "same") same++;
    else if (found.kind === "unread") unread.set(found.why, (unread.get(found.why) ?? 0) + 1);
    else {
      different++;
      console.log(`${file}: ${found.what}\n${text}`);
    }
  }
  failed ||= different > 0;
  const skipped = [...unread].map(([why, count]) => `${count} ${why}`).join("; ");
  console.log(`${name}: ${same} the same, ${different} different${skipped === "" ? "" : `, not read: ${skipped}`}`);
}

function* folder(path: string): Generator<readonly [string, string]> {
  for (const file of readdirSync(path))
    if (file.endsWith(".litmus")) yield [file, readFileSync(join(path, file), "utf8")];
}

function* random(seed: number, count: number): Generator<readonly [string, string]> {
  for (let i = 0; i < count; i++) yield [`seed ${seed + i}`, randomTest(randomBelow(seed + i))];
}

for (const path of [fileURLToPath(new URL("../../../litmus", import.meta.url)), ...positionals])
  run(path, folder(path));
run(`random from seed ${values.seed}`, random(Number(values.seed), Number(values.count)));
if (failed) process.exitCode = 1;
