import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Isa } from "@cmodx/codec";

/** How many instructions a peer decoded to text, and in how many seconds. */
export interface Measured {
  readonly count: number;
  readonly seconds: number;
}

/** What is used of Capstone's JavaScript ports. */
interface Port {
  disasm(code: Uint8Array): { readonly length: number };
}

const chunk = 4096;
/** Capstone's option to go on behind what it cannot decode, and its values. */
const skipData = 5;
const on = 3;

/** The fastest of two runs over the code, in chunks: the ports hand back all instructions of a call as objects. */
function measure(port: Port, code: Uint8Array): Measured {
  let least = Number.POSITIVE_INFINITY;
  let count = 0;
  for (let run = 0; run < 2; run++) {
    count = 0;
    const start = process.cpuUsage();
    for (let at = 0; at < code.length; at += chunk) count += port.disasm(code.subarray(at, at + chunk)).length;
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, user + system);
  }
  return { count, seconds: least / 1e6 };
}

export async function capstoneWasm(code: Uint8Array, isa: Isa): Promise<Measured> {
  const { Capstone, Const, loadCapstone } = await import("capstone-wasm");
  await loadCapstone();
  const port = new Capstone(Const.CS_ARCH_ARM, isa === "a32" ? Const.CS_MODE_ARM : Const.CS_MODE_THUMB);
  port.setOption(skipData, on);
  const measured = measure({ disasm: (part) => port.disasm(part, { address: 0 }) }, code);
  port.close();
  return measured;
}

export async function capstoneJs(code: Uint8Array, isa: Isa): Promise<Measured> {
  const { default: load } = await import("@alexaltea/capstone-js");
  const capstone = await load();
  const port = new capstone.Capstone(capstone.ARCH_ARM, isa === "a32" ? capstone.MODE_ARM : capstone.MODE_THUMB);
  port.option(skipData, on);
  const measured = measure({ disasm: (part) => port.disasm(part, 0) }, code);
  port.close();
  return measured;
}

/** GNU objdump as a process, its start included; undefined where it is not installed. */
export function objdump(code: Uint8Array, isa: Isa): Measured | undefined {
  const folder = mkdtempSync(join(tmpdir(), "cmodx-bench-"));
  try {
    const file = join(folder, "code.bin");
    writeFileSync(file, code);
    const mode = isa === "t32" ? ["-M", "force-thumb"] : [];
    const start = performance.now();
    const { stdout, status } = spawnSync(
      "arm-linux-gnueabihf-objdump",
      ["-D", "-z", "-b", "binary", "-m", "armv7", ...mode, file],
      { encoding: "latin1", maxBuffer: 1 << 30 },
    );
    if (status !== 0) return undefined;
    const seconds = (performance.now() - start) / 1000;
    return { count: stdout.split("\n").filter((line) => /^ *[0-9a-f]+:\t/.test(line)).length, seconds };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
