import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Isa } from "@cmodx/codec";
import { capstoneJs, capstoneWasm, objdump } from "./peers.js";
import { textSection } from "./text-section.js";

// What is measured is the built package: the runner's own transformation of the sources makes them several times slower.
const here = join(import.meta.dirname, "..");
const built = spawnSync("npm", ["run", "build"], { cwd: here, encoding: "utf8" });
if (built.status !== 0) throw new Error(`the build failed: ${built.stderr}`);
const codec: typeof import("@cmodx/codec") = await import(join(here, "dist", "index.js"));
const { columns, decode, decodeA32, decodeT32, encodings, format, formatColumnsInto, parse, sweep } = codec;

const libc = process.argv[2] ?? "/usr/arm-linux-gnueabihf/lib/libc.so.6";

/** Processor seconds of the fastest of some runs: other work on the machine counts less than in seconds of the clock. */
function best(run: () => void, runs = 5): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) / 1e6);
  }
  return least;
}

const show = (what: string, count: number, seconds: number): number => {
  const rate = count / seconds / 1e6;
  console.log(`  ${what.padEnd(44)} ${rate.toFixed(2).padStart(8)} M/s`);
  return rate;
};

/** Native Capstone over the same bytes, through a C program built on the spot; undefined where gcc or libcapstone is missing. */
function capstone(code: Uint8Array, isa: Isa): { count: number; seconds: number } | undefined {
  const folder = mkdtempSync(join(tmpdir(), "cmodx-bench-"));
  try {
    writeFileSync(join(folder, "code.bin"), code);
    const built = spawnSync("gcc", [
      "-O2",
      "-o",
      join(folder, "bench"),
      join(import.meta.dirname, "capstone.c"),
      "-lcapstone",
    ]);
    if (built.status !== 0) return undefined;
    const { stdout } = spawnSync(join(folder, "bench"), [join(folder, "code.bin"), isa], { encoding: "utf8" });
    const [count, seconds] = stdout.split(" ").map(Number);
    return { count: count!, seconds: seconds! };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Words of the table's encodings with their fields from a fixed sequence, as A32 code. */
function a32Code(): Uint8Array {
  let state = 1;
  const next = (): number => {
    state = Math.imul(state, 1664525) + 1013904223;
    return state >>> 0;
  };
  const rows = encodings.filter(({ isa }) => isa === "a32");
  const code = new Uint8Array(4 * 300_000);
  const view = new DataView(code.buffer);
  for (let at = 0; at < code.length; ) {
    const { pattern, hasCond } = rows[next() % rows.length]!;
    let word = (next() & ~(pattern.mask | pattern.shouldMask)) | pattern.value | pattern.shouldValue;
    if (hasCond) word = (word & 0x0fffffff) | 0xe0000000;
    if (decodeA32(word).status !== "ok") continue;
    view.setUint32(at, word, true);
    at += 4;
  }
  return code;
}

async function measure(name: string, isa: Isa, code: Uint8Array): Promise<void> {
  const into = columns(code.length >>> 1);
  const count = sweep(isa, code, into);
  console.log(`${name}: ${code.length} bytes, ${count} instructions`);
  const swept = show(
    "sweep: row, word, status, ITSTATE in columns",
    count,
    best(() => sweep(isa, code, into), 25),
  );
  show(
    "decode to objects",
    count,
    best(() => {
      for (let at = 0; at < code.length; ) at += decode(isa, code, at)?.size ?? 4;
    }),
  );
  // A buffer as a program would have it: when it is full it is handed on and filled anew.
  const buffer = new Uint8Array(1 << 16);
  const bytes = show(
    "text as bytes, lines from columns",
    count,
    best(() => {
      for (let i = 0; i < count; ) i += formatColumnsInto(buffer, isa, into, i, count).entries;
    }, 15),
  );
  const insns = Array.from({ length: count }, (_, i) =>
    isa === "a32"
      ? decodeA32(into.word[i]!)
      : decodeT32(into.word[i]! > 0xffff ? into.word[i]! >>> 16 : into.word[i]!, into.word[i]! & 0xffff),
  );
  let length = 0;
  const text = show(
    "format to text, from decoded instructions",
    count,
    best(() => {
      for (const insn of insns) length += format(insn).length;
    }, 10),
  );
  const lines = insns
    .filter(({ status }) => status === "ok")
    .slice(0, 60_000)
    .map((insn) => format(insn));
  show(
    "parse and encode, lines",
    lines.length,
    best(() => {
      for (const line of lines) length += parse(line, { isa }).ok ? 1 : 0;
    }, 3),
  );
  const part = code.subarray(0, 1 << 19);
  for (const [peer, run] of [
    ["capstone-wasm, text, the first 512 KiB", () => capstoneWasm(part, isa)],
    ["@alexaltea/capstone-js, text, 512 KiB", () => capstoneJs(part, isa)],
    ["objdump, text, a process", async () => objdump(part, isa)],
  ] as const) {
    const measured = await run();
    if (measured === undefined) console.log(`  ${peer}: not here`);
    else show(peer, measured.count, measured.seconds);
  }
  const native = capstone(code, isa);
  if (native === undefined) console.log("  native Capstone: not here (gcc and libcapstone-dev are needed)");
  else {
    const rate = show("native Capstone, text", native.count, native.seconds);
    console.log(
      `  against native Capstone: sweep ${(swept / rate).toFixed(1)}x, text as bytes ${(bytes / rate).toFixed(1)}x, as strings ${(text / rate).toFixed(2)}x (${length % 2})`,
    );
  }
}

/** Milliseconds of fresh processes from before an import to the first decode, on the wall and of the processor: the fastest and the middle one. */
function startUp(file: string, first: string): string {
  const program = `const [t, p] = [performance.now(), process.cpuUsage()];
    const c = await import(${JSON.stringify(join(here, "dist", file))}); ${first};
    const [wall, { user, system }] = [performance.now() - t, process.cpuUsage(p)];
    console.log(wall, (user + system) / 1000);`;
  const runs = Array.from({ length: 25 }, () => {
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
    return stdout.split(" ").map(Number) as [number, number];
  });
  const [wall, processor] = [0, 1].map((which) => runs.map((run) => run[which]!).sort((one, other) => one - other));
  const middle = runs.length >> 1;
  return `${wall![0]!.toFixed(1)} ms, middle ${wall![middle]!.toFixed(1)}; of the processor ${processor![0]!.toFixed(1)}, middle ${processor![middle]!.toFixed(1)}`;
}

console.log("from before the import to the first decode, fastest of 25 processes:");
console.log(`  @cmodx/codec/decode  ${startUp("entry-decode.js", "c.identifyA32(0xe320f000).status")}`);
console.log(`  @cmodx/codec/format  ${startUp("entry-format.js", "c.decodeA32(0xe320f000).status")}`);
console.log(`  @cmodx/codec         ${startUp("index.js", "c.decodeA32(0xe320f000).status")}`);
if (existsSync(libc)) await measure("libc .text, Thumb", "t32", textSection(readFileSync(libc)));
else console.log(`no ${libc}: name an ARM shared object`);
const armel = "/usr/arm-linux-gnueabi/lib/libc.so.6";
if (existsSync(armel)) await measure("libc .text, A32", "a32", textSection(readFileSync(armel)));
else console.log(`no ${armel}: the A32 libc is not measured`);
// The kernel's text has its literals and data between the functions, as disassemblers meet them.
const kernel = join(here, "../../real-inputs/6.1.0-50-armmp/vmlinux");
if (existsSync(kernel)) await measure("vmlinux .text, A32", "a32", textSection(readFileSync(kernel)));
else console.log("no real-inputs/6.1.0-50-armmp/vmlinux: real A32 code is not measured");
await measure("drawn A32 words", "a32", a32Code());
