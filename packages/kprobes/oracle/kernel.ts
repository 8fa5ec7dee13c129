import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Isa } from "@cmodx/codec";

const here = join(dirname(fileURLToPath(import.meta.url)), "kernel");
const root = join(here, "../../../..");

/** What the kernel decides of a word. */
export interface Verdict {
  readonly action: "reject" | "simulate" | "emulate";
  /** Bytes below SP, negative for unknown; of rejected words whatever was set. */
  readonly stack: number;
  /** `register_usage_flags`: all ones when nothing is known. */
  readonly registers: number;
  /** Bytes of the slot that the kernel writes. */
  readonly slot: Uint8Array | null;
}

export interface Case {
  readonly title: string;
  readonly isa: Isa;
  readonly word: number;
  readonly rejected: boolean;
}

export interface Kernel {
  readonly cases: readonly Case[];
  /** The self test of what `kprobe_events` refuses. */
  readonly syntaxErrors: string;
  /** Asks the kernel's decoder, compiled as a program, about words of one instruction set. */
  ask(isa: Isa, words: Uint32Array): Verdict[];
  /** Asks the kernel to make detours: four numbers each, as detour.c reads them; 25 each come back. */
  detours(requests: Uint32Array): Uint32Array;
  /** Executes instructions on an emulated core: 18 numbers each, as execute.c reads them; 18 each come back. */
  execute(requests: Uint32Array): Uint32Array;
}

/** Where detour.c puts every detour. */
export const detourAddress = 0x70000000;

const maxStack = 64;

function run(command: string, args: readonly string[], input?: Uint8Array): Buffer {
  const { status, error, stdout, stderr } = spawnSync(command, args, { input, maxBuffer: 1 << 30 });
  if (error !== undefined || status !== 0) {
    console.error(`cmodx: oracle kprobes: ${command}: ${error?.message ?? stderr.toString().slice(0, 2000)}`);
    console.error("needs Debian or Ubuntu with gcc-arm-linux-gnueabihf and qemu-user");
    process.exit(2);
  }
  return stdout;
}

/** Empty headers in place of those that the kernel's files include, but for the one that is needed. */
function emptyHeaders(probes: string, include: string): void {
  const files = ["", "kprobes"].flatMap((folder) =>
    readdirSync(join(probes, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(probes, folder, entry.name)),
  );
  for (const file of files)
    for (const [, header] of readFileSync(file, "utf8").matchAll(/#include <([\w/-]+\.h)>/g)) {
      if (header === undefined || header === "asm/probes.h") continue;
      mkdirSync(dirname(join(include, header)), { recursive: true });
      writeFileSync(join(include, header), "");
    }
}

/** Compiles files of the kernel's with one of ours as a program. */
function compile(
  source: string,
  name: string,
  main: string,
  files: readonly string[],
  flags: readonly string[],
): string {
  const probes = join(source, "arch/arm/probes");
  const build = join(source, "../decoder");
  const include = join(build, "include");
  emptyHeaders(probes, include);
  const program = join(build, name);
  run("arm-linux-gnueabihf-gcc", [
    ...["-static", "-O2", "-w", "-std=gnu11", "-march=armv7-a", "-mfpu=vfpv3-d16", "-D__LINUX_ARM_ARCH__=7"],
    ...flags,
    ...["-I", here, "-I", include, "-I", join(source, "arch/arm/include"), "-I", probes],
    ...[join(here, main), ...files.map((file) => join(probes, file)), "-o", program],
  ]);
  return program;
}

/** The decoder of one kind of kernel. */
function decoder(source: string, name: "arm" | "thumb"): string {
  const common = ["decode.c", "kprobes/actions-common.c", "kprobes/checkers-common.c"];
  const own = [`decode-${name}.c`, `kprobes/actions-${name}.c`, `kprobes/checkers-${name}.c`];
  const flags = name === "thumb" ? ["-mthumb", "-DCONFIG_THUMB2_KERNEL"] : ["-marm"];
  return compile(source, name, "decoder.c", [...own, ...common], [...flags, "-include", join(here, "stub.h")]);
}

/** Brings the source, compiles the decoders, and reads the test cases. */
export function kernel(debianPackage: string): Kernel {
  const printed = run(process.execPath, [
    join(root, "scripts/kprobes-cases.mjs"),
    "--package",
    debianPackage,
  ]).toString();
  const { source, cases } = JSON.parse(printed) as { source: string; cases: string };
  const programs = { a32: decoder(source, "arm"), t32: decoder(source, "thumb") };
  const stub = ["-marm", "-include", join(here, "detour-stub.h")];
  const detour = compile(source, "detour", "detour.c", ["kprobes/opt-arm.c"], stub);
  const execute = compile(source, "execute", "execute.c", [], ["-marm"]);
  const bytesOf = (words: Uint32Array) => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  return {
    syntaxErrors: join(source, "tools/testing/selftests/ftrace/test.d/kprobe/kprobe_syntax_errors.tc"),
    cases: JSON.parse(readFileSync(cases, "utf8")) as Case[],
    ask(isa, words) {
      const answers = run("qemu-arm", [programs[isa]], bytesOf(words));
      return Array.from(words, (_, i) => verdict(isa, answers.subarray(28 * i, 28 * i + 28)));
    },
    execute: (requests) =>
      new Uint32Array(new Uint8Array(run("qemu-arm", ["-cpu", "max", execute], bytesOf(requests))).buffer),
    detours: (requests) => new Uint32Array(new Uint8Array(run("qemu-arm", [detour], bytesOf(requests))).buffer),
  };
}

/** The decoder's answer, with what arch_prepare_kprobe decides after it. */
function verdict(isa: Isa, answer: Buffer): Verdict {
  const result = answer.readUInt32LE(0);
  const stack = answer.readInt32LE(4);
  const refused = result === 0 || stack < 0 || stack > maxStack;
  const bytes = isa === "a32" ? 8 : 6;
  return {
    action: refused ? "reject" : result === 1 ? "emulate" : "simulate",
    stack,
    registers: answer.readUInt32LE(8),
    slot: !refused && result === 1 ? Uint8Array.from(answer.subarray(12, 12 + bytes)) : null,
  };
}
