import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assemble, type Isa } from "@cmodx/codec";

/**
 * Lines of assembly that others wrote, through GNU's assembler, LLVM's and ours. The folder is the caller's: the test suites of
 * LLVM (test/MC/ARM) and of GNU's assembler (gas/testsuite/gas/arm), or vectors of our own.
 */

/** What an assembler made of a line: bytes in hex, "" when it refused, undefined when it left them to the linker. */
type Made = string | undefined;

interface Target {
  readonly gas: readonly string[];
  readonly llvm: string;
}

/** ARMv7-A with its extensions; then, for what that refuses, the parts of ARMv8 that the table has. */
const targets: readonly Target[] = [
  {
    gas: [".arch armv7ve", ".arch_extension sec", ".arch_extension virt", ".fpu neon-vfpv4"],
    llvm: "+neon,+vfp4,+virtualization,+trustzone,+mp,+hwdiv,+hwdiv-arm,+dsp,+db",
  },
  {
    gas: [".arch armv8-a", ".arch_extension crc", ".fpu neon-vfpv4"],
    llvm: "+v8,+crc,+neon,+vfp4,+virtualization,+trustzone,+mp,+hwdiv,+hwdiv-arm,+dsp",
  },
];

const slot = 24;
/** Four bytes behind each line, to tell where it ends. */
const end = Buffer.from([0xde, 0xad, 0xbe, 0xef]);

/** Lines through GNU's assembler, each in a slot of its own. */
function gas(isa: Isa, { gas: head }: Target, lines: readonly string[]): Made[] {
  const folder = mkdtempSync(join(tmpdir(), "cmodx-codec-"));
  try {
    const [source, object, binary] = ["lines.s", "lines.o", "lines.bin"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const first = [".syntax unified", ...head, isa === "a32" ? ".arm" : ".thumb"];
    const refused = new Set<number>();
    for (let round = 0; round < 200; round++) {
      const body = lines.map((line, i) => `${refused.has(i) ? "" : line} ; .byte ${[...end]} ; .org ${slot * (i + 1)}`);
      writeFileSync(source, `${[...first, ...body].join("\n")}\n`);
      const { stderr, status } = spawnSync("arm-linux-gnueabihf-as", ["-o", object, source], {
        encoding: "utf8",
        maxBuffer: 1 << 30,
      });
      const before = refused.size;
      for (const [, line] of stderr.matchAll(/:(\d+): (?:Error|Fatal error)/g))
        refused.add(Number(line) - 1 - first.length);
      if (refused.size === before) {
        if (status !== 0) throw new Error(`as refuses all: ${stderr.slice(0, 300)}`);
        break;
      }
    }
    if (!existsSync(object)) throw new Error("as made no object");
    spawnSync("arm-linux-gnueabihf-objcopy", ["-O", "binary", "-j", ".text", object, binary]);
    const bytes = readFileSync(binary);
    const linked = new Set<number>();
    const { stdout } = spawnSync("arm-linux-gnueabihf-objdump", ["-r", "-j", ".text", object], {
      encoding: "utf8",
      maxBuffer: 1 << 30,
    });
    for (const [, at] of stdout.matchAll(/^([0-9a-f]{8}) R_ARM_(?!V4BX)/gm))
      linked.add(Math.floor(Number.parseInt(at!, 16) / slot));
    return lines.map((_, i) => {
      if (refused.has(i)) return "";
      if (linked.has(i)) return undefined;
      const part = bytes.subarray(slot * i, slot * (i + 1));
      return part.subarray(0, Math.max(0, part.lastIndexOf(end))).toString("hex");
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Lines through llvm-mc. */
function llvm(isa: Isa, target: Target, lines: readonly string[]): Made[] {
  const triple = isa === "a32" ? "armv7a-none-eabi" : "thumbv7a-none-eabi";
  const marked = lines.map((line, i) => `${line}\n.ident "${i}"`).join("\n");
  const { stdout, stderr, error } = spawnSync(
    "llvm-mc-19",
    ["--assemble", "--show-encoding", `--triple=${triple}`, `--mattr=${target.llvm}`],
    { input: `${marked}\n`, encoding: "utf8", maxBuffer: 1 << 30, timeout: 2000 },
  );
  // Some lines of GNU's suite never come back from llvm-mc: they are looked for by halves.
  if (error !== undefined) {
    const half = lines.length >> 1;
    return half === 0 ? [""] : [...llvm(isa, target, lines.slice(0, half)), ...llvm(isa, target, lines.slice(half))];
  }
  const made: Made[] = lines.map(() => "");
  let open: string[] = [];
  for (const line of stdout.split("\n")) {
    const ident = /^\s*\.ident\s+"(\d+)"/.exec(line);
    if (ident !== null) {
      if (open.length > 0)
        made[Number(ident[1])] = open.some((code) => /[^0-9a-fx,]/.test(code))
          ? undefined
          : open.join(",").replace(/0x|,/g, "");
      open = [];
    }
    const code = /@ encoding: \[(.*?)\]/.exec(line);
    if (code !== null) open.push(code[1]!);
  }
  for (const [, line] of stderr.matchAll(/^<stdin>:(\d+):\d+: error/gm)) made[(Number(line) - 1) / 2] = "";
  return made;
}

function ours(isa: Isa, line: string): string {
  const made = assemble(line, { isa });
  return made.ok ? Buffer.from(made.code).toString("hex") : "";
}

const directive = /^\s*\.|^\s*\w+\s*=|^\s*it[te]{0,3}\b/i;

/** The instructions of a text, without labels, comments and directives. Files that GNU's assembler takes come with their macros expanded. */
function linesOf(file: string): string[] {
  const source = readFileSync(file, "latin1");
  const { stdout, status } = /\.(macro|irp)/.test(source)
    ? spawnSync("arm-linux-gnueabihf-as", ["-alm", "-march=armv8-a+crc", "-mfpu=neon-vfpv4", "-o", "/dev/null", file], {
        encoding: "utf8",
        maxBuffer: 1 << 22,
        timeout: 1000,
      })
    : { stdout: "", status: 1 };
  const listed =
    status === 0 ? stdout.replace(/^ *\d+ (?:[0-9a-f?]{4} )?[0-9A-F ?]*\t/gm, "").replace(/^>+\s*/gm, "") : "";
  const made: string[] = [];
  for (const raw of `${source}\n${listed}`.split(/\n|;/)) {
    let line = raw.replace(/\/\*.*?\*\/|@.*$|\/\/.*$|^\s*#.*$|\/\*.*$/g, "").trim();
    for (let label = /^[\w.$]+:\s*/.exec(line); label !== null; label = /^[\w.$]+:\s*/.exec(line))
      line = line.slice(label[0].length);
    // A local label has no meaning by itself.
    if (/\b\d+[bf]\b/.test(line) && !/0x/.test(line)) continue;
    if (
      line === "" ||
      directive.test(line) ||
      /[\\"=]|\.(req|dn|qn)\b|\{\{|\[\[|^\W/.test(line) ||
      !/^[a-z]/i.test(line)
    )
      continue;
    made.push(line.replace(/\s+/g, " "));
  }
  return made;
}

function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(s|S|txt)$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

/** The texts of a vector file: both columns of the words that both tools accept. */
function vectorLines(file: string): string[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .flatMap((line) => line.split(" | ").slice(1));
}

const conditions = ["eq", "ne", "cs", "hs", "cc", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"];

/** In Thumb a condition needs an IT instruction before it. */
function withIt(line: string): string[] {
  const mnemonic = /^\S+/.exec(line)![0].toLowerCase();
  return conditions.filter((cond) => mnemonic.includes(cond)).map((cond) => `it ${cond} ; ${line}`);
}

/** Why two tools may differ from each other, or from us, without either being wrong. */
function verdict(g: Made, l: Made, own: string): string {
  if (g === undefined || l === undefined) return "left to the linker";
  if (g === "" && l === "") return own === "" ? "all refuse" : "only ours takes it";
  if (g === l)
    return own === g ? "agree" : own === "" ? "FAIL: both take it, ours refuses" : "FAIL: both agree, ours differs";
  if (g !== "" && l !== "")
    return own === g
      ? "they differ, ours is GNU's"
      : own === l
        ? "they differ, ours is LLVM's"
        : "they differ, ours is neither";
  const who = g === "" ? "LLVM" : "GNU";
  return own === ""
    ? `only ${who} takes it, ours refuses`
    : own === (g || l)
      ? `only ${who} takes it, ours gives the same`
      : `only ${who} takes it, ours differs`;
}

/** What both tools make of a line, as in the vectors: bytes in hex, `-` for a refusal, `linker` for what they leave to it. */
export function opinions(isa: Isa, lines: readonly string[]): { readonly gas: string; readonly llvm: string }[] {
  const made = lines.map(() => ({ gas: "", llvm: "" }));
  const name = (hex: Made): string => (hex === undefined ? "linker" : hex === "" ? "-" : hex);
  for (const target of targets) {
    const open = lines
      .map((_, i) => i)
      .filter((i) => target === targets[0] || (made[i]!.gas === "-" && made[i]!.llvm === "-"));
    const texts = open.map((i) => lines[i]!);
    const [g, l] = [gas(isa, target, texts), llvm(isa, target, texts)];
    open.forEach((i, at) => {
      made[i] = { gas: name(g[at]), llvm: name(l[at]) };
    });
  }
  return made;
}

/** Assembles the lines of files with three assemblers, and prints each class of difference. Returns the number of failures. */
export function compareLines(paths: readonly string[], show: number): number {
  let failures = 0;
  const files = paths.flatMap(filesOf);
  for (const isa of ["a32", "t32"] as const) {
    const all = files.flatMap((file) =>
      /vectors/.test(file) ? (file.includes(isa) ? vectorLines(file) : []) : linesOf(file),
    );
    let open = [...new Set(all)];
    if (isa === "t32") open = open.flatMap((line) => [line, ...withIt(line)]);
    const tally = new Map<string, string[]>();
    const total = open.length;
    for (const target of targets) {
      const retry: string[] = [];
      for (let from = 0; from < open.length; from += 1000) {
        const part = open.slice(from, from + 1000);
        const [g, l] = [gas(isa, target, part), llvm(isa, target, part)];
        part.forEach((line, i) => {
          if (g[i] === "" && l[i] === "" && target !== targets.at(-1)) {
            retry.push(line);
            return;
          }
          const own = ours(isa, line);
          const key = verdict(g[i], l[i], own);
          if (!tally.has(key)) tally.set(key, []);
          tally.get(key)!.push(`${line}  [gas ${g[i]}, llvm ${l[i]}, ours ${own}]`);
        });
      }
      open = retry;
    }
    console.log(`\n${isa}: ${total} lines of ${files.length} files`);
    for (const [key, found] of [...tally].sort(([a], [b]) => a.localeCompare(b))) {
      console.log(`  ${key}: ${found.length}`);
      if (key.startsWith("FAIL")) failures += found.length;
      if (!/^(agree|all refuse|left)/.test(key)) for (const line of found.slice(0, show)) console.log(`      ${line}`);
    }
  }
  return failures;
}
