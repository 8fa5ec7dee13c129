import { readFileSync } from "node:fs";
import { memorySource, openElf } from "@cmodx/elf";
import { LinuxUser, programOf } from "@cmodx/machine/linux-user";
import { Machine, type RunOptions, type RunReport } from "@cmodx/machine/run";
import { expect, test } from "vitest";

interface Ended {
  readonly report: RunReport;
  readonly machine: Machine;
  readonly linux: LinuxUser;
  readonly text: string;
}

function run(name: string, options: RunOptions = {}, args: readonly string[] = []): Ended {
  const file = readFileSync(new URL(`../../../samples/${name}`, import.meta.url));
  const machine = new Machine();
  let text = "";
  const linux = LinuxUser.start(machine, programOf(openElf(memorySource(file))), {
    args: [name, ...args],
    output: (_, bytes) => {
      text += Buffer.from(bytes).toString("latin1");
    },
  });
  if (linux === "no room") throw new Error(linux);
  return { report: machine.run(options), machine, linux, text };
}

// What qemu-arm prints for them: see samples/programs/build.sh.
test.each([
  ["alu", "56298179"],
  ["copy", "43dd086e"],
  ["hash", "2ac3e1aa"],
  ["sort", "fc44a1fc"],
  ["states", "d163d6be"],
])("%s prints %s, as ARM and as Thumb-2 code", (name, result) => {
  for (const isa of ["arm", "thumb"]) {
    const { text, linux, report } = run(`programs/${name}-${isa}.elf`);
    expect(text).toBe(`${result}\n`);
    expect(linux.exitCode).toBe(0);
    expect(report.end).toBe("exit");
  }
});

test("a program with a C library runs", () => {
  const { text, linux } = run("sites-thumb2.elf");
  expect(text).toBe("plain 000000d2\n");
  expect(linux.exitCode).toBe(0);
});

test("a bound on instructions ends a run, which can go on", () => {
  const { report, machine, linux } = run("programs/alu-arm.elf", { instructions: 1000 });
  expect(report).toMatchObject({ end: "budget", instructions: 1000, core: 0 });
  expect(machine.cores[0]!.instructions).toBe(1000);
  expect(machine.run().end).toBe("exit");
  expect(linux.exitCode).toBe(0);
});
