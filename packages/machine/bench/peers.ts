// Other engines, where they are installed: qemu-arm (Debian qemu-user), Unicorn (Debian libunicorn-dev, gcc), rp2040js (npm). And what no engine
// comes near to: the same C, compiled for the host.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Ran {
  /** Of CPU time. */
  readonly seconds: number;
  readonly output: string;
}

/** Runs a command; a shell's `times` tells what its children took. */
export function timed(command: string): Ran | undefined {
  const { stdout, stderr, status } = spawnSync("sh", ["-c", `${command}; code=$?; times >&2; exit $code`], {
    encoding: "latin1",
  });
  if (status !== 0) return undefined;
  const children = stderr.trim().split("\n").at(-1)!;
  const seconds = children.match(/([\d.]+)m([\d.]+)s/g)!.reduce((sum, one) => {
    const [minutes, rest] = one.split("m");
    return sum + 60 * Number(minutes) + Number.parseFloat(rest!);
  }, 0);
  return { seconds, output: stdout };
}

export function underQemu(file: string, rounds: number): Ran | undefined {
  return timed(`qemu-arm "${file}" ${rounds}`);
}

let unicorn: string | undefined | "no";

export function underUnicorn(file: string, rounds: number): Ran | undefined {
  if (unicorn === undefined) {
    unicorn = join(mkdtempSync(join(tmpdir(), "cmodx-")), "unicorn");
    const source = fileURLToPath(new URL("unicorn.c", import.meta.url));
    if (spawnSync("gcc", ["-O2", "-o", unicorn, source, "-lunicorn"]).status !== 0) unicorn = "no";
  }
  return unicorn === "no" ? undefined : timed(`"${unicorn}" "${file}" ${rounds}`);
}

/** In the place of start.h, which is for ARM without a C library. */
const hostStart = `#include <stdio.h>
#include <stdlib.h>
typedef unsigned int u32;
typedef unsigned char u8;
static u32 work(u32 rounds);
int main(int count, char **texts) { printf("%08x\\n", work(count > 1 ? (u32)atoi(texts[1]) : 10)); }`;

/** The C of a program, compiled for the host by its own compiler. */
export function natively(source: string, rounds: number): Ran | undefined {
  const program = join(mkdtempSync(join(tmpdir(), "cmodx-")), "native");
  const input = readFileSync(source, "utf8").replace('#include "start.h"', hostStart);
  if (spawnSync("gcc", ["-O2", "-x", "c", "-", "-o", program], { input }).status !== 0) return undefined;
  return timed(`"${program}" ${rounds}`);
}

interface Rp2040 {
  readonly sramView: DataView;
  readonly core: { PC: number; readonly registers: Uint32Array; executeInstruction(): number };
}

/** A loop of 16-bit instructions, all that a Cortex-M0 has: count in r0, up to r4, checksum in r1. */
export const loop = [0x1c40, 0x4041, 0x00ca, 0x1852, 0x0953, 0x18c9, 0x42a0, 0xd1f7];

/** Millions of instructions a CPU second under rp2040js; undefined where it is not installed. */
export async function underRp2040(
  rounds: number,
): Promise<{ readonly speed: number; readonly checksum: number } | undefined> {
  let made: Rp2040;
  try {
    const { RP2040 } = (await import("rp2040js")) as { RP2040: new () => unknown };
    made = new RP2040() as Rp2040;
  } catch {
    return undefined;
  }
  const { core, sramView } = made;
  loop.forEach((halfword, i) => {
    sramView.setUint16(2 * i, halfword, true);
  });
  core.PC = 0x20000000;
  core.registers.fill(0, 0, 4);
  core.registers[4] = rounds;
  const before = process.cpuUsage();
  for (let i = 0; i < rounds * loop.length; i++) core.executeInstruction();
  const { user, system } = process.cpuUsage(before);
  return { speed: (rounds * loop.length) / (user + system), checksum: core.registers[1]! >>> 0 };
}
