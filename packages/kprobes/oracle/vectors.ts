import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Isa } from "@cmodx/codec";
import { allT16, drawInstances, drawWords, random } from "../../codec/oracle/draw.js";
import type { Kernel, Verdict } from "./kernel.js";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../test/vectors");

/** The answer in a few letters: `-`, or `s` or `e`, stack, registers (`*` for all), slot. */
function text({ action, stack, registers, slot }: Verdict): string {
  if (action === "reject") return "-";
  const used = registers === 0xffffffff ? "*" : registers.toString(16);
  const bytes = slot === null ? "" : ` ${Buffer.from(slot).toString("hex")}`;
  return `${action.charAt(0)} ${stack} ${used}${bytes}`;
}

/** Writes what the kernel says of random words of ours, so that the tests need neither the kernel nor a compiler. */
export function writeVectors(linux: Kernel, seed: number): void {
  mkdirSync(folder, { recursive: true });
  const next = random(seed);
  const write = (name: string, isa: Isa, probes: readonly { word: number }[], digits: number): void => {
    const words = Uint32Array.from(new Set(probes.map(({ word }) => word))).sort();
    const answers = linux.ask(isa, words).map(text);
    const lines = Array.from(words, (word, i) => `${word.toString(16).padStart(digits, "0")} ${answers[i]}`);
    const head = `# Words of ours and what Linux's decoder says: -, or s(imulate) or e(mulate), stack, registers, slot.
# Written by "pnpm oracle kprobes --vectors --seed ${seed}"; do not edit.`;
    writeFileSync(join(folder, name), `${head}\n${lines.join("\n")}\n`);
  };
  write(
    "t16.txt",
    "t32",
    allT16().filter(({ word }) => word % 7 === next() % 7 || word >>> 8 === 0xbf),
    4,
  );
  write("a32.txt", "a32", [...drawInstances("a32", 2, next), ...drawWords("a32", 2500, next)], 8);
  write("t32.txt", "t32", [...drawInstances("t32", 2, next), ...drawWords("t32", 2500, next)], 8);
}
