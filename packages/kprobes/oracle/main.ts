import { parseArgs } from "node:util";
import { decodeA32, decodeT32, format, type Insn, type Isa } from "@cmodx/codec";
import { type Decision, decide } from "@cmodx/kprobes";
import { randomBelow } from "../../../test/random.js";
import { allT16, drawInstances, drawWords, random } from "../../codec/oracle/draw.js";
import { compareRows } from "../test/machine-rows.js";
import { compareDetours } from "./detours.js";
import { compareErrors } from "./events.js";
import { compareExecution } from "./execution.js";
import { kernel, type Verdict } from "./kernel.js";
import { writeVectors } from "./vectors.js";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "1000000" },
    vectors: { type: "boolean", default: false },
    package: { type: "string", default: "linux-source-6.1" },
  },
});
const seed = Number(values.seed);
const count = Number(values.count);
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(count) || count < 1) {
  console.error("cmodx: oracle kprobes: --seed and --count are whole numbers; try --seed 1 --count 1000000");
  process.exit(2);
}

let failures = 0;
// By the machine alone: a probe changes nothing. What an instruction does is compared with qemu-arm by the machine's own oracle.
for (const isa of ["a32", "t32"] as const) {
  const trials = Math.max(1, Math.round(count / 50_000));
  const { rows, probed, optimised, difference } = compareRows(isa, trials, randomBelow(seed));
  console.log(
    `machine: ${isa}, ${rows} rows, ${probed} breakpoints and ${optimised} detours do what the instruction does`,
  );
  if (difference === undefined) continue;
  failures++;
  console.log(
    `  ${difference.where}: ${JSON.stringify(difference.actual)}, not ${JSON.stringify(difference.expected)}`,
  );
}

const linux = kernel(values.package);
console.log(
  `kprobes oracle: ${values.package}, seed ${seed}, ${count} words each of A32 and T32, all of T16, ${linux.cases.length} cases`,
);

function decodeWord(isa: Isa, word: number): Insn {
  if (isa === "a32") return decodeA32(word);
  return word < 0x10000 ? decodeT32(word, 0) : decodeT32(word >>> 16, word & 0xffff);
}

const hex = (bytes: Uint8Array | null): string => (bytes === null ? "none" : Buffer.from(bytes).toString("hex"));

/** Where our answer is not the kernel's: the first difference, in words. */
function difference(ours: Decision, theirs: Verdict): string | undefined {
  if (ours.action !== theirs.action) return `${theirs.action}, not ${ours.action}`;
  if (ours.action === "reject") return undefined;
  if (ours.stack !== theirs.stack) return `stack ${theirs.stack}, not ${ours.stack}`;
  const registers = ours.registers === null ? 0xffffffff : ours.registers;
  if (registers >>> 0 !== theirs.registers)
    return `registers ${theirs.registers.toString(16)}, not ${registers.toString(16)}`;
  if (hex(ours.slot) !== hex(theirs.slot)) return `slot ${hex(theirs.slot)}, not ${hex(ours.slot)}`;
  return undefined;
}

function compare(name: string, isa: Isa, words: Uint32Array): void {
  const tally = new Map<string, { count: number; example: string }>();
  const actions = { reject: 0, simulate: 0, emulate: 0 };
  const part = 1 << 20;
  for (let from = 0; from < words.length; from += part) {
    const some = words.subarray(from, from + part);
    linux.ask(isa, some.slice()).forEach((theirs, i) => {
      actions[theirs.action]++;
      const insn = decodeWord(isa, some[i]!);
      const ours = decide(insn, "linux");
      const differs = difference(ours, theirs);
      if (differs === undefined) return;
      const kind = `${insn.encoding?.id ?? `unallocated ${(some[i]! >>> 20).toString(16)}`} ${insn.status}: ${differs.replace(/(stack|registers|slot) .*/, "$1")}`;
      const known = tally.get(kind);
      if (known !== undefined) known.count++;
      else
        tally.set(kind, { count: 1, example: `${some[i]!.toString(16)} ${format(insn)} (${differs}; ${ours.reason})` });
    });
  }
  const wrong = [...tally.values()].reduce((sum, entry) => sum + entry.count, 0);
  failures += wrong;
  const counts = Object.entries(actions).map(([action, n]) => `${n} ${action}`);
  console.log(`${name}: ${words.length - wrong} of ${words.length} as the kernel (${counts.join(", ")})`);
  for (const [kind, entry] of [...tally].sort((a, b) => b[1].count - a[1].count).slice(0, 60))
    console.log(`  ${entry.count} x ${kind}, e.g. ${entry.example}`);
}

const right = linux.cases.filter(
  ({ isa, word, rejected }) => (decide(decodeWord(isa, word), "linux").action === "reject") === rejected,
);
failures += linux.cases.length - right.length;
console.log(`cases: ${right.length} of ${linux.cases.length} as the kernel's tests expect`);
for (const { title, word, rejected } of linux.cases.filter((one) => !right.includes(one)).slice(0, 20))
  console.log(`  ${word.toString(16)} ${title}: ${rejected ? "reject" : "accept"} expected`);

const next = random(seed);
const draw = (isa: "a32" | "t32"): Uint32Array =>
  Uint32Array.from(
    [...drawWords(isa, count, next), ...drawInstances(isa, Math.ceil(count / 4000), next)],
    ({ word }) => word,
  );
compare(
  "T16",
  "t32",
  Uint32Array.from(allT16(), ({ word }) => word),
);
compare("A32", "a32", draw("a32"));
compare("T32", "t32", draw("t32"));
failures += compareDetours(linux, Math.max(1000, Math.ceil(count / 20)), next);
failures += compareExecution(linux, Math.max(10, Math.ceil(count / 20_000)), next, values.vectors);
failures += compareErrors(linux.syntaxErrors);
if (values.vectors) writeVectors(linux, seed);
console.log(failures === 0 ? "no difference" : `${failures} differences`);
process.exit(failures === 0 ? 0 : 1);
