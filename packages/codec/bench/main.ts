import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Isa } from "@cmodx/codec";
import { textSection } from "./text-section.js";

// What is measured is the built package: the runner's own transformation of the sources makes them several times slower.
const here = join(import.meta.dirname, "..");
const built = spawnSync("npx", ["tsup", "--config", "../../tsup.config.ts"], { cwd: here, encoding: "utf8" });
if (built.status !== 0) throw new Error(`tsup failed: ${built.stderr}`);
const codec: typeof import("@cmodx/codec") = await import(join(here, "dist", "index.js"));
const { columns, decode, decodeA32, decodeT32, encodings, format, parse, sweep } = codec;

const libc = process.argv[2] ?? "/usr/arm-linux-gnueabihf/lib/libc.so.6";

/** Seconds of the fastest of some runs. */
function best(run: () => void, runs = 5): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const start = process.hrtime.bigint();
    run();
    least = Math.min(least, Number(process.hrtime.bigint() - start) / 1e9);
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

function measure(name: string, isa: Isa, code: Uint8Array): void {
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
  const native = capstone(code, isa);
  if (native === undefined) console.log("  native Capstone: not here (gcc and libcapstone-dev are needed)");
  else {
    const rate = show("native Capstone, text", native.count, native.seconds);
    console.log(
      `  sweep is ${(swept / rate).toFixed(1)}x, text ${(text / rate).toFixed(2)}x native Capstone (${length % 2})`,
    );
  }
}

const start = process.hrtime.bigint();
decodeA32(0xe320f000);
decodeT32(0xf3af, 0x8000);
decodeT32(0xbf00, 0);
console.log(`first decode of each instruction set: ${(Number(process.hrtime.bigint() - start) / 1e6).toFixed(1)} ms`);
if (existsSync(libc)) measure("libc .text, Thumb", "t32", textSection(readFileSync(libc)));
else console.log(`no ${libc}: name an ARM shared object`);
measure("drawn A32 words", "a32", a32Code());
