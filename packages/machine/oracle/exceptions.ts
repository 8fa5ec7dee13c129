// `pnpm oracle machine --exceptions [--seed N] [--count N]`: programs that enter modes, take exceptions there and return from them in all the
// ways there are, here (compiled, interpreted, by the reference) and on qemu-system-arm's board `virt` (Debian qemu-system-arm): what their
// handlers saw, all banked registers, and the stacks. `--write FILE` keeps the programs with qemu's results.
import { writeFileSync } from "node:fs";
import { Machine, mode } from "../src/run/index.js";
import { type ExceptionProgram, exceptionProgram } from "./exception-programs.js";
import { keptText } from "./exception-vectors.js";
import { Random } from "./random.js";
import { start, underQemuSystem } from "./system.js";

export const executions = ["reference", "interpreted", "compiled"] as const;

/** What the program has logged, or why it did not end. */
export function loggedBy({ image, over, log }: ExceptionProgram, execution: (typeof executions)[number]): string {
  const machine = new Machine({ memoryBase: start, memoryBytes: 2 ** 20, exceptions: "vectors", execution });
  machine.memory.map(start, image.length, { read: true, write: true, execute: true });
  machine.memory.write(start, image);
  const core = machine.cores[0]!;
  machine.setMode(core, mode.svc);
  core.cells[15] = start;
  machine.setBreakpoint(over, (reached) => {
    reached.stopped = { kind: "exit", reason: "it is over" };
  });
  const { end, reason } = machine.run({ instructions: 1_000_000 });
  return end === "exit" ? Buffer.from(machine.memory.read(log.address, log.size)).toString("latin1") : reason;
}

/** How many programs differ. */
export function compareExceptions(seed: number, count: number, keep: string | undefined): number {
  const random = new Random(seed);
  let different = 0;
  const kept: string[] = [];
  for (let i = 0; i < count; i++) {
    const program = exceptionProgram(random);
    const theirs = underQemuSystem(program.image, true);
    kept.push(keptText(program, theirs));
    const found = executions.flatMap((execution) => {
      const ours = loggedBy(program, execution);
      return ours === theirs ? [] : [`${execution}: ${firstDifference(ours, theirs)}`];
    });
    if (found.length === 0) continue;
    different++;
    console.error(`program ${i} of seed ${seed}: ${found.join("; ")}`);
    if (process.argv.includes("--text")) console.error(program.text);
  }
  if (keep !== undefined) writeFileSync(keep, `${kept.join("\n")}\n`);
  console.log(
    `machine: seed ${seed}: ${count} programs, three ways each: ${different} otherwise than under qemu-system-arm`,
  );
  return different;
}

function firstDifference(ours: string, theirs: string): string {
  if (ours.length !== theirs.length) return ours.length < 200 ? ours : `qemu ${theirs.slice(0, 200)}`;
  const [a, b] = [ours, theirs].map((text) => new DataView(Uint8Array.from(Buffer.from(text, "latin1")).buffer));
  let word = 0;
  while (a!.getUint32(word, true) === b!.getUint32(word, true)) word += 4;
  const around = (view: DataView): string =>
    [-4, -3, -2, -1, 0, 1, 2]
      .map((by) => (word + 4 * by < 0 ? "" : view.getUint32(word + 4 * by, true).toString(16)))
      .join(" ");
  return `word ${word / 4} of the log: here ${around(a!)}, qemu ${around(b!)}`;
}
