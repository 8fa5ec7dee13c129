import { readFileSync } from "node:fs";
import type { Isa } from "@cmodx/codec";
import { type Decision, decide } from "@cmodx/kprobes";
import { expect, test } from "vitest";
import { decodeWord, hex } from "./words.js";

// What Linux's own decoder says of words of ours; `pnpm oracle kprobes` asks it about millions.

function text({ action, stack, registers, slot }: Decision): string {
  if (action === "reject") return "-";
  return `${action.charAt(0)} ${stack} ${registers === null ? "*" : registers.toString(16)} ${hex(slot)}`.trimEnd();
}

test.each<[string, Isa]>([
  ["t16", "t32"],
  ["a32", "a32"],
  ["t32", "t32"],
])("%s as the kernel decides", (name, isa) => {
  const lines = readFileSync(new URL(`vectors/${name}.txt`, import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  expect(lines.length).toBeGreaterThan(3000);
  const wrong = lines.flatMap((line) => {
    const word = line.slice(0, line.indexOf(" "));
    const ours = `${word} ${text(decide(decodeWord(isa, Number.parseInt(word, 16)), "linux"))}`;
    return ours === line ? [] : [`${ours}, where the kernel says ${line}`];
  });
  expect(wrong).toEqual([]);
});
