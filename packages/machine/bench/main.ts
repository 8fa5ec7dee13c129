// `pnpm bench machine [--only NAME] [--seconds N]`: guest instructions per second of CPU time on fixed programs (samples/programs), compiled
// and interpreted, beside qemu-arm (Debian qemu-user) in the same run. Ratios say something, absolute numbers change with the host.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { memorySource, openElf } from "@cmodx/elf";
import { LinuxUser, programOf } from "../src/linux-user/index.js";
import { Machine } from "../src/run/index.js";

/** Rounds that take qemu-arm about a second. */
const programs = { alu: 100_000, copy: 100_000, sort: 5_000, hash: 16_000, states: 100_000 };

const text = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};
const only = text("only");
const runs = Number(text("runs") ?? 3);

interface Measured {
  readonly seconds: number;
  readonly output: string;
  readonly instructions: number;
}

function best(measure: () => Measured, times: number): Measured {
  const all = Array.from({ length: times }, measure);
  return all.reduce((least, one) => (one.seconds < least.seconds ? one : least));
}

function here(file: string, rounds: number, compile: boolean): Measured {
  const machine = new Machine({ compile });
  let output = "";
  const linux = LinuxUser.start(machine, programOf(openElf(memorySource(readFileSync(file)))), {
    args: ["bench", String(rounds)],
    output: (_, bytes) => {
      output += Buffer.from(bytes).toString("latin1");
    },
  });
  if (linux === "no room") throw new Error(linux);
  const before = process.cpuUsage();
  const { instructions, end, reason } = machine.run();
  const { user, system } = process.cpuUsage(before);
  if (end !== "exit") throw new Error(reason);
  return { seconds: (user + system) / 1e6, output, instructions };
}

/** CPU time of children is read from `times` of a shell. */
function underQemu(file: string, rounds: number): Measured {
  const { stdout, stderr, error } = spawnSync("sh", ["-c", `qemu-arm "${file}" ${rounds}; times >&2`], {
    encoding: "latin1",
  });
  if (error) throw error;
  const [, children] = stderr.trim().split("\n");
  const seconds = children!.match(/([\d.]+)m([\d.]+)s/g)!.reduce((sum, one) => {
    const [minutes, rest] = one.split("m");
    return sum + 60 * Number(minutes) + Number.parseFloat(rest!);
  }, 0);
  return { seconds, output: stdout, instructions: 0 };
}

const rows: string[][] = [];
for (const [name, rounds] of Object.entries(programs)) {
  if (only !== undefined && !name.includes(only)) continue;
  for (const isa of ["arm", "thumb"]) {
    const file = fileURLToPath(new URL(`../../../samples/programs/${name}-${isa}.elf`, import.meta.url));
    const compiled = best(() => here(file, rounds, true), runs);
    const theirs = best(() => underQemu(file, rounds), runs);
    if (compiled.output !== theirs.output)
      throw new Error(`${name}-${isa}: ${compiled.output} is not ${theirs.output}`);
    const few = Math.max(1, Math.floor(rounds / 50));
    const interpreted = best(() => here(file, few, false), 1);
    const speed = (instructions: number, seconds: number): number => instructions / seconds / 1e6;
    const [a, b, c] = [
      speed(compiled.instructions, compiled.seconds),
      speed(compiled.instructions, theirs.seconds),
      speed(interpreted.instructions, interpreted.seconds),
    ];
    rows.push([`${name}-${isa}`, a.toFixed(0), b.toFixed(0), (a / b).toFixed(2), c.toFixed(1)]);
    console.log(rows.at(-1)!.join("\t"));
  }
}
const ratios = rows.map((row) => Number(row[3]));
const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
console.log(`\nprogram\tcompiled\tqemu-arm\tratio\tinterpreted (million guest instructions a CPU second)`);
console.log(`compiled against qemu-arm: geometric mean ${mean.toFixed(2)}, least ${Math.min(...ratios).toFixed(2)}`);
