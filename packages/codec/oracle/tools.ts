import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

/** What llvm-mc is told to know. */
export const features = "+neon,+vfp4,+virtualization,+trustzone,+mp,+hwdiv,+hwdiv-arm,+dsp,+db";

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

/** How far apart objdump's words lie: the address of word i is i times this. */
export function gnuStride({ isa }: Probe): number {
  return isa === "t32" ? 12 : 4;
}

/** The tools and their versions. */
export function versions(): string[] {
  const first = (command: string, args: readonly string[]): string =>
    spawnSync(command, args, { encoding: "utf8" })
      .stdout?.split("\n")
      .find((line) => /\d+\.\d+/.test(line))
      ?.trim() ?? `${command} is missing`;
  return [first("llvm-mc-19", ["--version"]), first("arm-linux-gnueabihf-objdump", ["--version"])];
}

/** Runs GNU as over lines; the word of each, undefined where it was refused. Each line gets a slot of 8 bytes. */
export function gas(isa: Isa, lines: readonly string[]): (number | undefined)[] {
  const folder = mkdtempSync(join(tmpdir(), "cmodx-codec-"));
  try {
    const source = join(folder, "lines.s");
    const object = join(folder, "lines.o");
    const binary = join(folder, "lines.bin");
    const head = [
      ".syntax unified",
      ".arch armv7ve",
      ".arch_extension sec",
      ".arch_extension virt",
      ".fpu neon-vfpv4",
      isa === "a32" ? ".arm" : ".thumb",
    ];
    const write = (skip: ReadonlySet<number>): ReturnType<typeof spawnSync> => {
      const body = lines.map((line, i) => `${skip.has(i) ? "" : line}\n.p2align 3`);
      // A line that is skipped leaves a slot of its own.
      const slots = body.map((text, i) =>
        skip.has(i) || lines[i] === "" ? ".space 8" : text.replace(/\n.*/, "; .p2align 3"),
      );
      writeFileSync(source, `${[...head, ...slots].join("\n")}\n`);
      return spawnSync("arm-linux-gnueabihf-as", ["-o", object, source], { encoding: "utf8", maxBuffer: 1 << 30 });
    };
    const skip = new Set<number>();
    for (let round = 0; round < 10; round++) {
      const stderr = String(write(skip).stderr);
      const refused = [...stderr.matchAll(/:(\d+): (?:Error|Fatal error)/g)].map(
        ([, line]) => Number(line) - 1 - head.length,
      );
      if (refused.length === 0) break;
      for (const i of refused) skip.add(i);
    }
    spawnSync("arm-linux-gnueabihf-objcopy", ["-O", "binary", "-j", ".text", object, binary]);
    const bytes = readFileSync(binary);
    return lines.map((line, i) => {
      if (skip.has(i) || line === "") return undefined;
      const half = (at: number): number => bytes.readUInt16LE(i * 8 + at);
      if (isa === "a32") return bytes.readUInt32LE(i * 8);
      return half(0) < 0xe800 ? half(0) : ((half(0) << 16) | half(2)) >>> 0;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs GNU objdump over words of one instruction set; Thumb words are padded so that no IT is near. */
export function gnu(probes: readonly Probe[]): Opinion[] {
  if (probes.length === 0) return [];
  const thumb = probes[0]!.isa === "t32";
  const slot = gnuStride(probes[0]!);
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
  const [text = ""] = rest.split(/\s*[;@] /);
  const state = /UNPREDICTABLE|<illegal|<und>|<overflow|unpredictable/i.test(rest) ? "marked" : "valid";
  return { state, text: text.trim() };
}
