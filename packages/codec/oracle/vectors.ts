import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "@cmodx/codec";
import { allT16, decodeProbe, drawInstances, drawWords, random } from "./draw.js";
import { opinions } from "./lines.js";
import { gnu, gnuStride, llvm, type Opinion, type Probe, versions } from "./tools.js";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../../../vectors");

const header = (what: string, seed: number): string =>
  [
    `# ${what}`,
    `# Written by "pnpm oracle codec --vectors --seed ${seed}"; do not edit. ${versions().join("; ")}`,
    "# llvm-mc: armv7a with neon, vfp4, virtualization, trustzone, mp, hwdiv, dsp; objdump: -m armv7.",
  ].join("\n");

/** What two tools say of a word: one letter each, LLVM then GNU: v valid, u marked UNPREDICTABLE, r rejected. */
function states(l: Opinion, g: Opinion): string {
  return [l, g].map(({ state }) => (state === "valid" ? "v" : state === "marked" ? "u" : "r")).join("");
}

/** FNV-1a over UTF-16 units, for texts that are compared but not kept. */
function fnv1a(texts: readonly string[]): string {
  let hash = 0x811c9dc5;
  for (const char of texts.join("\n")) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

const plain = (text: string): string => text.replace(/\s+/g, " ").replace(/ <.*>$/, "");

/** For each encoding some words that both tools accept, and some that both reject, with the texts of both tools. */
function writeWords(isa: "a32" | "t32", seed: number): void {
  const perEncoding = 3;
  const wanted = new Map<string, number>();
  const lines: string[] = [];
  let rejected = 0;
  const next = random(seed);
  for (let round = 0; round < 4; round++) {
    const probes: Probe[] = [...drawInstances(isa, 60, next), ...drawWords(isa, 20_000, next)];
    const [l, g] = [llvm(probes), gnu(probes)];
    probes.forEach((probe, i) => {
      const address = i * gnuStride(probe);
      const insn = decodeProbe(probe, address);
      const hex = probe.word.toString(16).padStart(8, "0");
      const state = states(l[i]!, g[i]!);
      if (state === "rr") {
        if (rejected < 1500 && i % 7 === 0 && insn.status !== "ok" && ++rejected)
          lines.push(`${hex} ${address.toString(16)} rr`);
        return;
      }
      const id = insn.encoding?.id ?? "";
      const have = wanted.get(id) ?? 0;
      if (state !== "vv" || id === "" || insn.status !== "ok" || have >= perEncoding) return;
      if (/<|illegal/.test(l[i]!.text)) return;
      wanted.set(id, have + 1);
      lines.push(`${hex} ${address.toString(16)} vv | ${plain(l[i]!.text)} | ${plain(g[i]!.text)}`);
    });
  }
  lines.sort();
  writeFileSync(
    join(folder, `${isa}.txt`),
    `${header(`${isa.toUpperCase()} words: hex, address, states (LLVM then GNU: v valid, r rejected) | LLVM's text | GNU's text`, seed)}\n${lines.join("\n")}\n`,
  );
  console.log(`vectors/${isa}.txt: ${lines.length} lines, ${wanted.size} encodings, ${rejected} that both reject`);
}

/** All of T16 in runs of the same states and encoding, with hashes of the tools' texts. */
function writeT16(seed: number): void {
  const probes = allT16();
  const [l, g] = [llvm(probes), gnu(probes)];
  const lines: string[] = [];
  for (let from = 0; from < probes.length; ) {
    const key = (word: number): string => {
      const insn = decodeProbe(probes[word]!);
      return `${states(l[word]!, g[word]!)} ${insn.status} ${insn.encoding?.id ?? "-"}`;
    };
    const first = key(from);
    let to = from;
    while (to + 1 < probes.length && key(to + 1) === first) to++;
    const hex = (word: number): string => word.toString(16).padStart(4, "0");
    const texts = Array.from({ length: to - from + 1 }, (_, i) => plain(l[from + i]!.text));
    lines.push(`${hex(from)} ${hex(to)} ${first} ${fnv1a(texts)} | ${texts[0]}`);
    from = to + 1;
  }
  const what =
    "All of T16 in runs: first, last, states (LLVM then GNU), our status, encoding, FNV-1a of LLVM's texts | LLVM's text of the first";
  writeFileSync(join(folder, "t16.txt"), `${header(what, seed)}\n${lines.join("\n")}\n`);
  console.log(
    `vectors/t16.txt: ${lines.length} runs; first text ${format(decodeProbe(probes[0]!), "llvm").replace(/\t/g, " ")}`,
  );
}

/** The lines of `lines.txt`, which are written by hand, with what both assemblers make of them. */
function writeLines(): void {
  const file = join(folder, "lines.txt");
  const known = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => /^(a32|t32) (.*?)(?: \|.*)?$/.exec(line)!);
  const made = known.map(([, isa, text]) => `${isa} ${text}`);
  for (const isa of ["a32", "t32"] as const) {
    const places = known.flatMap(([, of], i) => (of === isa ? [i] : []));
    opinions(
      isa,
      places.map((i) => known[i]![2]!),
    ).forEach(({ gas, llvm }, at) => {
      made[places[at]!] += ` | ${gas} | ${llvm}`;
    });
  }
  const head = [
    "# Lines of assembly: instruction set and line | what GNU's assembler makes of it | what LLVM's does; - is a refusal.",
    `# The columns are written by "pnpm oracle codec --vectors"; add lines without them. ${versions().join("; ")}`,
  ];
  writeFileSync(file, `${[...head, ...made].join("\n")}\n`);
  console.log(`vectors/lines.txt: ${made.length} lines`);
}

export function writeVectors(seed: number): void {
  mkdirSync(folder, { recursive: true });
  writeLines();
  writeT16(seed);
  writeWords("a32", seed);
  writeWords("t32", seed);
}
