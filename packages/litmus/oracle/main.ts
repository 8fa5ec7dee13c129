// `pnpm oracle litmus [--count N] [--cycles N] [--edges N] [--parts N] [--interrupts N] [--ordered N] [--fetches N] [--seed S] [FOLDER …]`: the
// engine beside an axiomatic checker that shares no rule with it, on the project's tests, on those of the folders named, on random ones, on random
// cycles as diy makes them, and on random stores to parts of code and data, interrupts and addresses, acquires, releases and exclusives, and
// cycles through fetches.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { randomBelow } from "../../../test/random.js";
import { compare } from "../axiomatic/compare.js";
import { cycleTest } from "../axiomatic/cycles.js";
import { fetchCycleTest } from "../axiomatic/fetch-cycles.js";
import { interruptsTest } from "../axiomatic/interrupts.js";
import { orderedTest } from "../axiomatic/ordered.js";
import { partsTest } from "../axiomatic/parts.js";
import { randomTest } from "../axiomatic/random.js";
import { parseLitmus } from "../src/index.js";

const { values, positionals } = parseArgs({
  options: {
    count: { type: "string", default: "500" },
    cycles: { type: "string", default: "500" },
    parts: { type: "string", default: "200" },
    interrupts: { type: "string", default: "200" },
    ordered: { type: "string", default: "200" },
    fetches: { type: "string", default: "100" },
    edges: { type: "string", default: "6" },
    seed: { type: "string", default: "1" },
  },
  allowPositionals: true,
});

let failed = false;
function run(name: string, tests: Iterable<readonly [name: string, text: string]>): void {
  let [same, different] = [0, 0];
  const unread = new Map<string, string[]>();
  let slowest = { file: "none", seconds: 0 };
  for (const [file, text] of tests) {
    const parsed = parseLitmus(text);
    const found = parsed.ok ? compare(parsed.test, 200_000) : ({ kind: "unread", why: "malformed" } as const);
    if ("seconds" in found && found.seconds > slowest.seconds) slowest = { file, seconds: found.seconds };
    if (found.kind === "same") same++;
    else if (found.kind === "unread") unread.set(found.why, [...(unread.get(found.why) ?? []), file]);
    else {
      different++;
      console.log(`${file}: ${found.what}\n${text}`);
    }
  }
  failed ||= different > 0;
  console.log(
    `${name}: ${same} the same, ${different} different; the engine's slowest took ${slowest.seconds.toFixed(2)} s (${slowest.file})`,
  );
  for (const [why, files] of unread)
    console.log(`  ${files.length} not compared, ${why}: ${files.slice(0, 20).join(", ")}`);
}

function* folder(path: string): Generator<readonly [string, string]> {
  for (const file of readdirSync(path))
    if (file.endsWith(".litmus")) yield [file, readFileSync(join(path, file), "utf8")];
}

function* seeded(
  seed: number,
  count: number,
  make: (pick: (below: number) => number) => string,
): Generator<readonly [string, string]> {
  for (let i = 0; i < count; i++) yield [`seed ${seed + i}`, make(randomBelow(seed + i))];
}

for (const path of [fileURLToPath(new URL("../../../litmus", import.meta.url)), ...positionals])
  run(path, folder(path));
const [seed, edges] = [Number(values.seed), Number(values.edges)];
run(
  `random from seed ${seed}`,
  seeded(seed, Number(values.count), (pick) => randomTest(pick)),
);
run(
  `cycles of up to ${edges} edges from seed ${seed}`,
  seeded(seed, Number(values.cycles), (pick) => cycleTest(pick, { edges })),
);
run(
  `parts from seed ${seed}`,
  seeded(seed, Number(values.parts), (pick) => partsTest(pick)),
);
run(
  `interrupts from seed ${seed}`,
  seeded(seed, Number(values.interrupts), (pick) => interruptsTest(pick)),
);
run(
  `acquires, releases and exclusives from seed ${seed}`,
  seeded(seed, Number(values.ordered), (pick) => orderedTest(pick)),
);
run(
  `cycles through fetches from seed ${seed}`,
  seeded(seed, Number(values.fetches), (pick) => fetchCycleTest(pick, edges)),
);
if (failed) process.exitCode = 1;
