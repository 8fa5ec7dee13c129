// Programs in C (samples/programs), compiled for ARM and Thumb-2 at -O0, -O2 and -Os, and at -O3 with Advanced SIMD, and linked statically,
// run here and under qemu-arm: the same output and exit code.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { memorySource, openElf } from "@cmodx/elf";
import { LinuxUser, programOf } from "../src/linux-user/index.js";
import { Machine, type MachineOptions, profiles } from "../src/run/index.js";

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: string;
}

const levels = ["-O0", "-O2", "-Os", "-O3 -mfpu=neon-vfpv4"];

/** Ways of running that must make no difference. */
const ways: Readonly<Record<string, MachineOptions>> = {
  compiled: {},
  interpreted: { execution: "interpreted" },
  "compiled, with caches": { caches: { ...profiles["cortex-a9-like"]!, data: { sets: 16, ways: 2 } } },
};

function here(file: string, name: string, way: MachineOptions): Ended & { readonly instructions: number } {
  const written = { 1: [] as Uint8Array[], 2: [] as Uint8Array[] };
  const machine = new Machine({ cores: 4, ...way });
  const linux = LinuxUser.start(machine, programOf(openElf(memorySource(readFileSync(file)))), {
    args: [name],
    output: (descriptor, bytes) => written[descriptor].push(bytes),
  });
  if (linux === "no room") throw new Error(`${file} does not fit`);
  const { reason, instructions } = machine.run({ instructions: 2e8 });
  const text = (parts: Uint8Array[]): string => Buffer.concat(parts).toString("latin1");
  return { stdout: text(written[1]), stderr: text(written[2]), exit: String(linux.exitCode ?? reason), instructions };
}

function underQemu(file: string, name: string): Ended {
  const { stdout, stderr, status, signal, error } = spawnSync("qemu-arm", ["-0", name, file], { encoding: "latin1" });
  if (error) throw new Error(`qemu-arm: ${error.message}; install Debian's qemu-user`);
  return { stdout, stderr, exit: String(status ?? signal) };
}

/** How many programs differ. */
export function comparePrograms(): number {
  const sources = fileURLToPath(new URL("../../../samples/programs/", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "cmodx-"));
  const bare = ["-march=armv7-a+fp", "-nostdlib", "-ffreestanding", "-fno-builtin", "-fomit-frame-pointer"];
  let [programs, different, instructions] = [0, 0, 0];
  for (const kind of ["hosted", "bare"])
    for (const source of readdirSync(join(sources, kind)).filter((name) => name.endsWith(".c")))
      for (const isa of ["arm", "thumb"])
        for (const level of levels) {
          const file = join(folder, "program");
          const built = spawnSync(
            "arm-linux-gnueabihf-gcc",
            [
              "-static",
              ...level.split(" "),
              `-m${isa}`,
              ...(kind === "bare" ? bare : []),
              "-o",
              file,
              join(sources, kind, source),
              ...(kind === "bare" ? [] : ["-lm", "-pthread"]),
            ],
            { encoding: "utf8" },
          );
          if (built.status !== 0) throw new Error(`${source}: ${built.error?.message ?? built.stderr}`);
          const theirs = underQemu(file, source);
          programs++;
          for (const [way, options] of Object.entries(ways)) {
            const ours = here(file, source, options);
            instructions += ours.instructions;
            for (const what of ["stdout", "stderr", "exit"] as const) {
              if (ours[what] === theirs[what]) continue;
              different++;
              console.error(
                `${source} -m${isa} ${level}, ${way}: ${what} differs\n  here ${ours[what].slice(0, 300)}\n  qemu ${theirs[what].slice(0, 300)}`,
              );
            }
          }
        }
  rmSync(folder, { recursive: true });
  console.log(
    `machine: ${programs} programs, each ${Object.keys(ways).join("; ")}, ${instructions} instructions: ${different} differences of output or exit code from qemu-arm`,
  );
  return different;
}
