import {
  assemble,
  decodeA32,
  decodeT32,
  effects,
  format,
  type Insn,
  type Isa,
  type Profile,
  parse,
} from "@cmodx/codec";
import { decodeProbe, drawInstances, drawWords, random } from "./draw.js";
import type { Probe } from "./tools.js";

const profiles: readonly Profile[] = ["ual", "gnu", "llvm", "preUal"];

/** Words, texts and pieces of texts: each case is numbered by its own seed, so that it can be run by itself. */
function caseOf(seed: number): string | undefined {
  const next = random(seed);
  const isa: Isa = next() % 2 === 0 ? "a32" : "t32";
  const kind = next() % 3;
  if (kind === 0) return word(isa, next);
  return kind === 1 ? brokenText(isa, next) : pieces(isa, next);
}

function word(isa: Isa, next: () => number): string | undefined {
  const address = next();
  const it = next() % 4 === 0 ? next() & 0xff : 0;
  const value = next();
  const insn = isa === "a32" ? decodeA32(value, address) : decodeT32(value >>> 16, value & 0xffff, address, it);
  if (insn.reasons.length > 0 === (insn.status === "ok")) return "reasons do not go with the status";
  effects(insn);
  for (const profile of profiles) {
    const text = format(insn, profile);
    const back = parse(text, { isa, address, it });
    if (insn.status === "unpredictable") continue;
    if (!back.ok || back.insn.word !== insn.word) return `${profile} "${text}" is not read back`;
  }
  return undefined;
}

/** A text with a piece cut out, doubled, or another character put in. */
function brokenText(isa: Isa, next: () => number): string | undefined {
  const [probe] = drawWords(isa, 1, next) as [Probe];
  const text = format(decodeProbe(probe), profiles[next() % 4]!);
  const at = next() % (text.length + 1);
  const length = next() % 4;
  const ways = [
    text.slice(0, at) + text.slice(at + length),
    text.slice(0, at) + text.slice(at, at + length).repeat(1 + (next() % 40)) + text.slice(at),
    text.slice(0, at) + String.fromCodePoint(next() % 0x1f650) + text.slice(at + 1),
    `${text.slice(0, at)}${next()}${text.slice(at)}`,
  ];
  return assembled(ways[next() % ways.length]!, isa);
}

const words =
  "add r0 , # - 0x1 [ ] { } ldr .w : l b eq = .word ! ^ d0 \n ; q1 .f32 lsl vmov it ' \0 ( ) ~ / * .ltorg .space 1b 1f 1: sp pc << 4294967296 .inst movw .thumb .arm @ /* */ .align 99 s31 {d0-d31} apsr_nzcv".split(
    " ",
  );

function pieces(isa: Isa, next: () => number): string | undefined {
  const parts = Array.from({ length: next() % 24 }, () => words[next() % words.length]! + (next() % 2 ? " " : ""));
  return assembled(parts.join(""), isa);
}

function assembled(text: string, isa: Isa): string | undefined {
  const made = assemble(text, { isa });
  if (made.ok) {
    const size = made.insns.reduce((sum: number, insn: Insn) => sum + insn.size, 0);
    return size <= made.code.length ? undefined : "more instructions than bytes";
  }
  const lines = text.split("\n").length;
  for (const { line, column, length, message } of made.issues)
    if (line < 1 || line > lines || column < 1 || length < 1 || message === "")
      return `issue ${line}:${column} of ${JSON.stringify(text)}`;
  return made.issues.length > 0 ? undefined : "refused without an issue";
}

/** Runs `count` cases from a seed on; a case that fails is printed with its own seed. Returns the number of failures. */
export function fuzz(seed: number, count: number): number {
  let failures = 0;
  let slowest = { ms: 0, seed };
  for (let i = 0; i < count; i++) {
    const own = (seed + i) >>> 0;
    const start = performance.now();
    let wrong: string | undefined;
    try {
      wrong = caseOf(own);
    } catch (error) {
      wrong = `threw ${error}`;
    }
    const ms = performance.now() - start;
    if (ms > slowest.ms) slowest = { ms, seed: own };
    if (wrong !== undefined && ++failures <= 20) console.log(`  FAIL --fuzz --seed ${own} --count 1: ${wrong}`);
  }
  console.log(
    `fuzz: ${count} cases from seed ${seed} on, ${failures} failures; slowest ${slowest.ms.toFixed(0)} ms, seed ${slowest.seed}`,
  );
  return failures;
}

/** parse(format(i)) = i over many words: as drawn for the comparison, and instances of every row. */
export function* lawWords(seed: number, count: number): Generator<readonly Probe[]> {
  const next = random(seed);
  for (let done = 0; done < count; ) {
    for (const isa of ["a32", "t32"] as const) {
      const part = [...drawWords(isa, 200_000, next), ...drawInstances(isa, 40, next)];
      done += part.length;
      yield part;
    }
  }
}
