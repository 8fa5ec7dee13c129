// `pnpm bench explore [FOLDER …]`: litmus tests (the project's, and those of the folders named), a patch protocol against executors that
// loop over the site, one test in parts, and a model of its own beside SPIN. Absolute times are this machine's; ratios are of one run.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { check } from "../src/index.js";
import type * as Node from "../src/node.js";
import { built } from "../test/built.js";
import { divided } from "./divided.js";
import { litmusFolder, protocol } from "./litmus.js";
import { type SpinRun, spin } from "./spin.js";
import { type TwoHalves, twoHalves } from "./two-halves.js";

const limits = { states: 20_000_000, steps: 1e9, seconds: 600 };
const [cores, calls] = [2, 2];

console.log(`load ${loadavg()[0]!.toFixed(1)}`);
const own = fileURLToPath(new URL("../../../litmus", import.meta.url));
for (const folder of [own, ...process.argv.slice(2)]) litmusFolder(folder);
for (const [executors, times] of [
  [2, 2],
  [2, 8],
  [4, 4],
  [4, 8],
  [6, 4],
  [8, 8],
] as const)
  protocol(executors, times);
const javascript = await built();
await divided(javascript.part);
explicit();
reductions();
await workers();

function explicit(): void {
  const { stdout } = spawnSync(process.execPath, [javascript.alone, ...[cores, calls, limits.states].map(String)], {
    encoding: "utf8",
  });
  const own = JSON.parse(stdout) as SpinRun;
  const told = (name: string, { states, transitions, seconds, megabytes }: SpinRun): void =>
    console.log(
      `explicit states, ${name}: ${states} states, ${transitions} transitions, ${seconds.toFixed(1)} s of processor time, ` +
        `${Math.round(states / seconds / 1000)}k states/s, ${megabytes.toFixed(0)} MB, ${Math.round((megabytes * 2 ** 20) / states)} B a state`,
    );
  told("cmodx", own);
  for (const hash of [22, 24]) {
    const other = spin(cores, calls, hash);
    if (other === undefined) {
      console.log("spin or gcc is not installed: no comparison");
      return;
    }
    told(`spin -w${hash}`, other);
    if (other.states !== own.states) throw new Error("the two models are not the same");
    console.log(
      `cmodx beside spin -w${hash}: ${(other.seconds / own.seconds).toFixed(2)}x the states per second in ${(own.megabytes / other.megabytes).toFixed(2)} of the memory`,
    );
  }
}

function reductions(): void {
  const ways: readonly [string, Partial<TwoHalves>][] = [
    ["none", {}],
    ["symmetry", { symmetry: true }],
    ["ample sets", { ample: true }],
    ["lazy instruction cache", { lazy: true }],
    ["all three", { symmetry: true, ample: true, lazy: true }],
  ];
  for (const broken of [false, true]) {
    const runs = ways.map(([name, how]) => {
      const { states, properties } = check(twoHalves({ cores: 2, calls: 1, broken, ...how }), {
        exhaustive: true,
        limits,
      });
      return { name, states, verdicts: properties.map(({ verdict }) => verdict).join(", ") };
    });
    for (const { name, states, verdicts } of runs) {
      if (verdicts !== runs[0]!.verdicts) throw new Error(`${name} changes the verdicts`);
      console.log(
        `reductions${broken ? " (with the seeded defect)" : ""}, ${name}: ${states} states, ${(runs[0]!.states / states).toFixed(1)}x fewer; ${verdicts}`,
      );
    }
  }
}

async function workers(): Promise<void> {
  const { node, model } = javascript;
  const { checkWithWorkers } = (await import(node)) as typeof Node;
  const source = { module: model, name: "twoHalves", arguments: [{ cores, calls }] };
  // The fastest of six, in turns: what else the host does counts less.
  const threads: Pair = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const processes: Pair = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < 6; round++) {
    for (const count of [1, 2] as const) {
      const result = await checkWithWorkers(source, {
        workers: count,
        exhaustive: true,
        limits: { ...limits, states: 6_000_000 },
      });
      threads[count - 1] = Math.min(threads[count - 1]!, result.seconds);
      processes[count - 1] = Math.min(processes[count - 1]!, await together(count));
      console.log(`workers, ${count}: ${result.states} states, ${result.seconds.toFixed(1)} s on the wall`);
    }
  }
  const [gain, room] = [threads[0] / threads[1], (2 * processes[0]) / processes[1]];
  console.log(`two workers are ${gain.toFixed(2)}x one (load ${loadavg()[0]!.toFixed(1)}, this bench's own included)`);
  // Two processors of a host need not be two cores, and what else it does is not seen from here.
  console.log(
    `two processes that share nothing are ${room.toFixed(2)}x one here: two workers make ${(gain / room).toFixed(2)} of what there is`,
  );
}

type Pair = [number, number];

/** Seconds on the wall until so many searches are done, each in a process of its own. */
async function together(count: number): Promise<number> {
  const start = performance.now();
  const search = () =>
    spawn(process.execPath, [javascript.alone, ...[cores, calls, limits.states].map(String)], { stdio: "ignore" });
  await Promise.all(Array.from({ length: count }, async () => once(search(), "exit")));
  return (performance.now() - start) / 1000;
}
