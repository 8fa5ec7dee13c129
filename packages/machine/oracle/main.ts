// `pnpm oracle machine [--seed N] [--count N]`: random instruction sequences, drawn row by row from the codec's table, from random
// registers, flags and memory, run here and under qemu-arm (Debian qemu-user, gcc-arm-linux-gnueabihf): registers, flags and memory are
// compared. Exits 1 when anything differs. `--row ID` draws one row only; `--write FILE` keeps snippets with qemu's results.
// `--compiled` compares compiled code instead of the interpreter. `--programs` compares whole programs instead: see programs.ts; `--interrupts` interrupts
// that a core sends itself: see interrupts.ts; `--exceptions` modes, exceptions and their returns: see exceptions.ts.
import { writeFileSync } from "node:fs";
import { type Encoding, encodings, format } from "@cmodx/codec";
import { type Drawn, drawSnippet, executeCompiled, rowsInScope } from "./draw.js";
import { compareExceptions } from "./exceptions.js";
import { compareInterrupts } from "./interrupts.js";
import { comparePrograms } from "./programs.js";
import { Qemu } from "./qemu.js";
import { Random } from "./random.js";
import { type Outcome, snippetMachine } from "./snippet.js";
import { vectorOf } from "./vector.js";

const text = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};
if (process.argv.includes("--programs")) process.exit(comparePrograms() > 0 ? 1 : 0);
const seed = Number(text("seed") ?? 1);
if (process.argv.includes("--interrupts"))
  process.exit(compareInterrupts(seed, Number(text("count") ?? 100)) > 0 ? 1 : 0);
if (process.argv.includes("--exceptions"))
  process.exit(compareExceptions(seed, Number(text("count") ?? 100), text("write")) > 0 ? 1 : 0);
const count = Number(text("count") ?? 20000);
const only = text("row");
const keep = text("write");
const compiled = process.argv.includes("--compiled");

/** Bits of the CPSR that are compared: N, Z, C, V, Q, IT, GE, T. */
const statusMask = 0xfe0ffc20 | 0;

function differences(ours: Outcome, theirs: Outcome): string[] {
  const hex = (value: number): string => (value >>> 0).toString(16);
  const found: string[] = [];
  const compare = (what: string, a: number, b: number): void => {
    if ((a | 0) !== (b | 0)) found.push(`${what}: here ${hex(a)}, qemu ${hex(b)}`);
  };
  compare("signal", ours.signal, theirs.signal);
  ours.after.r.forEach((value, i) => {
    compare(`r${i}`, value, theirs.after.r[i]!);
  });
  compare("cpsr", ours.after.cpsr & statusMask, theirs.after.cpsr & statusMask);
  compare("fpscr", ours.after.fpscr, theirs.after.fpscr);
  ours.after.words.forEach((value, i) => {
    compare(`s${i}`, value, theirs.after.words[i]!);
  });
  compare("memory", ours.memory, theirs.memory);
  return found;
}

const { rows: all, left } = rowsInScope(encodings);
const rows = only === undefined ? all : all.filter(({ id }) => new RegExp(only).test(id));
if (rows.length === 0) {
  console.error(`machine: no row in scope matches ${only}`);
  process.exit(2);
}
const machine = snippetMachine();
const qemu = new Qemu();
const random = new Random(seed);
const drawn = new Map<Encoding, number>(rows.map((row) => [row, 0]));
const wrong = new Map<string, { count: number; example: string }>();
const kept: string[] = [];
let executed = 0;
let snippets = 0;

/** The rows of one instruction set, those drawn least first. */
function queue(isa: string): Encoding[] {
  return rows.filter((row) => row.isa === isa).sort((a, b) => drawn.get(a)! - drawn.get(b)! || random.below(3) - 1);
}

const sorted = (): Encoding[][] => ["a32", "t32"].map(queue).filter((one) => one.length > 0);

while (executed < count) {
  const batch: Drawn[] = [];
  const queues = sorted();
  while (batch.length < 4000 && executed < count) {
    const pool = random.one(queues);
    // The first instruction meets the state it was drawn for; so each row leads some snippets.
    const first = pool[snippets % Math.min(pool.length, 64)]!;
    const rare = random.below(2) === 0 ? pool.slice(0, 100) : pool;
    const wanted = [first, ...Array.from({ length: 5 }, () => random.one(rare))];
    const one = drawSnippet(machine, wanted, random);
    snippets++;
    for (const row of one.rows) drawn.set(row, drawn.get(row)! + 1);
    if (one.rows.length > 0) {
      executed += one.rows.length;
      batch.push(one);
    }
    if (snippets % 40 === 0) queues.splice(0, 2, ...sorted());
    if (snippets > 50 * count) throw new Error("these rows cannot be drawn");
  }
  const all = batch.map(({ snippet }) => snippet);
  const theirs = qemu.run(all);
  const here = compiled ? executeCompiled(machine, all) : batch.map(({ outcome }) => outcome);
  batch.forEach(({ snippet, insns }, i) => {
    const ours = here[i]!;
    const found = differences(ours, theirs[i]!);
    if (keep !== undefined && found.length === 0) kept.push(vectorOf(snippet, theirs[i]!));
    if (found.length === 0) return;
    const id = insns.map(({ encoding }) => encoding!.id).join(" ");
    const known = wrong.get(id) ?? { count: 0, example: "" };
    known.count++;
    known.example ||= `${insns.map((insn) => format(insn)).join("; ")}\n    ${found.slice(0, 6).join("\n    ")}`;
    wrong.set(id, known);
  });
}
qemu.close();
if (keep !== undefined) writeFileSync(keep, `${kept.join("\n")}\n`);

const counts = [...drawn.values()];
const none = [...drawn].filter(([, n]) => n === 0).map(([{ id, isa }]) => `${isa} ${id}`);
for (const [id, { count: times, example }] of [...wrong].slice(0, Number(text("show") ?? 20)))
  console.error(`${times} x ${id}\n  ${example}`);
for (const [reason, n] of left) console.log(`left out: ${n} rows: ${reason}`);
console.log(
  `machine: seed ${seed}: ${executed} instruction executions in ${snippets} snippets; ${rows.length - none.length} of ${rows.length} rows drawn, least ${Math.min(...counts)} times` +
    (none.length > 0 ? `; not drawn: ${none.join(", ")}` : ""),
);
const failures = [...wrong.values()].reduce((sum, { count: times }) => sum + times, 0);
console.log(`machine: ${snippets - failures} snippets as under qemu-arm, ${failures} not`);
process.exit(failures > 0 || none.length > 0 ? 1 : 0);
