import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Isa } from "@cmodx/codec";

/** What a disassembler says of a word. */
export interface Opinion {
  readonly state: "valid" | "marked" | "rejected";
  /** Mnemonic, tab, operands, as printed; "" when rejected. */
  readonly text: string;
}

export interface Probe {
  readonly isa: Isa;
  readonly size: 2 | 4;
  readonly word: number;
}

const features = "+neon,+vfp4,+virtualization,+trustzone,+mp,+hwdiv,+hwdiv-arm,+dsp,+db";

function memoryBytes({ isa, size, word }: Probe): number[] {
  const half = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff];
  if (size === 2) return half(word);
  return isa === "a32" ? [...half(word), ...half(word >>> 16)] : [...half(word >>> 16), ...half(word)];
}

/** Runs llvm-mc over words of one instruction set, one bracketed line each. */
export function llvm(probes: readonly Probe[]): Opinion[] {
  if (probes.length === 0) return [];
  // llvm-mc keeps an IT block open over lines: an IT is followed by four NOPs, which are not asked about.
  const isIt = ({ size, word }: Probe): boolean => size === 2 && (word & 0xff00) === 0xbf00 && (word & 0xf) !== 0;
  const its = probes.filter(isIt);
  if (its.length > 0 && its.length < probes.length) {
    const others = llvm(probes.filter((probe) => !isIt(probe)));
    const answers = llvm(its);
    return probes.map((probe) => (isIt(probe) ? answers : others).shift()!);
  }
  if (its.length > 0)
    return its.map((probe) => llvmLines([probe, ...Array<Probe>(4).fill({ isa: "t32", size: 2, word: 0xbf00 })])[0]!);
  return llvmLines(probes);
}

function llvmLines(probes: readonly Probe[]): Opinion[] {
  const triple = probes[0]!.isa === "a32" ? "armv7a-none-eabi" : "thumbv7a-none-eabi";
  const lines = probes.map(
    (probe) =>
      `[${memoryBytes(probe)
        .map((byte) => `0x${byte.toString(16)}`)
        .join(" ")}]`,
  );
  const { stdout, stderr } = spawnSync("llvm-mc-19", ["--disassemble", `--triple=${triple}`, `--mattr=${features}`], {
    input: `${lines.join("\n")}\n`,
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  const invalid = new Set<number>();
  const marked = new Set<number>();
  for (const [, line, what] of stderr.matchAll(/^<stdin>:(\d+):\d+: warning: (invalid|potentially undefined)/gm))
    (what === "invalid" ? invalid : marked).add(Number(line));
  const texts = stdout
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^\s*\.(text|arch|fpu|syntax|eabi)/.test(line));
  let at = 0;
  return probes.map((_, i) => {
    if (invalid.has(i + 1)) return { state: "rejected", text: "" };
    const text = (texts[at++] ?? "").trim();
    return { state: marked.has(i + 1) ? "marked" : "valid", text };
  });
}

/** Runs GNU objdump over words of one instruction set; Thumb words are padded so that no IT is near. */
export function gnu(probes: readonly Probe[]): Opinion[] {
  if (probes.length === 0) return [];
  const thumb = probes[0]!.isa === "t32";
  const slot = thumb ? 12 : 4;
  const folder = mkdtempSync(join(tmpdir(), "cmodx-codec-"));
  try {
    const bytes = Buffer.alloc(probes.length * slot);
    probes.forEach((probe, i) => {
      const code = memoryBytes(probe);
      for (let at = 0; at < slot; at++) bytes[i * slot + at] = code[at] ?? (at % 2 === 0 ? 0xc0 : 0x46);
    });
    const file = join(folder, "words.bin");
    writeFileSync(file, bytes);
    const options = ["-D", "-z", "-b", "binary", "-m", "armv7", ...(thumb ? ["-M", "force-thumb"] : []), file];
    const { stdout } = spawnSync("arm-linux-gnueabihf-objdump", options, { encoding: "utf8", maxBuffer: 1 << 30 });
    const opinions: Opinion[] = new Array(probes.length).fill({ state: "rejected", text: "" });
    for (const [, address, , rest] of stdout.matchAll(/^ *([0-9a-f]+):\t([0-9a-f ]+?) *\t(.*)$/gm)) {
      const offset = Number.parseInt(address!, 16);
      if (offset % slot !== 0) continue;
      opinions[offset / slot] = gnuOpinion(rest!);
    }
    return opinions;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function gnuOpinion(rest: string): Opinion {
  if (/<UNDEFINED>|undefined|^\.(word|inst|short)/.test(rest)) return { state: "rejected", text: "" };
  const [text = "", comment = ""] = rest.split(/\s*[;@] /);
  const state = /UNPREDICTABLE|<illegal|<und>|unpredictable/.test(rest) ? "marked" : "valid";
  return { state, text: `${text.trim()}${comment === "" ? "" : ""}` };
}
