import { parseArgs } from "node:util";
import { encodings, format } from "@cmodx/codec";
import { assembleBack } from "./assemble-back.js";
import { census } from "./census.js";
import { classes, judge } from "./compare.js";
import { Coverage } from "./coverage.js";
import { allT16, decodeProbe, drawInstances, drawWords, random } from "./draw.js";
import { checkEffects } from "./effects.js";
import { fuzz, lawWords } from "./fuzz.js";
import { roundTrips } from "./laws.js";
import { compareLines } from "./lines.js";
import { compareSpace } from "./llvm-space.js";
import { gnu, gnuStride, llvm, type Probe, versions } from "./tools.js";
import { writeVectors } from "./vectors.js";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "200000" },
    vectors: { type: "boolean", default: false },
    exhaustive: { type: "boolean", default: false },
    llvm: { type: "boolean", default: false },
    shard: { type: "string", default: "0/1" },
    minutes: { type: "string", default: "600" },
    docs: { type: "boolean", default: false },
    fuzz: { type: "boolean", default: false },
    laws: { type: "boolean", default: false },
    effects: { type: "boolean", default: false },
    lines: { type: "string", multiple: true, default: [] },
    show: { type: "string", default: "8" },
  },
});
const seed = Number(values.seed);
const count = Number(values.count);
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(count) || count < 1) {
  console.error("cmodx: oracle codec: --seed and --count are whole numbers; try --seed 1 --count 200000");
  process.exit(2);
}

if (values.exhaustive) {
  const [shard = 0, shards = 0] = values.shard.split("/").map(Number);
  const minutes = Number(values.minutes);
  if (!(shard >= 0 && shard < shards && Number.isInteger(shard) && Number.isInteger(shards) && minutes > 0)) {
    console.error(
      "cmodx: oracle codec: --shard is I/N with I from 0 to N - 1, --minutes a number; try --shard 0/4 --minutes 30",
    );
    process.exit(2);
  }
  console.log(versions().join("; "));
  const part = { shard, shards, minutes };
  const broken = values.llvm ? await compareSpace(part, values.vectors) : await census(part, values.vectors);
  console.log(broken === 0 ? "all is as it should be" : `${broken} failures`);
  process.exit(broken === 0 ? 0 : 1);
}

if (values.fuzz) process.exit(fuzz(seed, count) === 0 ? 0 : 1);

if (values.laws) {
  let broken = 0;
  let words = 0;
  for (const part of lawWords(seed, count)) {
    words += part.length;
    broken += roundTrips(part[0]!.isa.toUpperCase(), part);
  }
  console.log(`\n${words} words, seed ${seed}: ${broken} classes broken`);
  process.exit(broken === 0 ? 0 : 1);
}

if (values.effects) {
  process.exit(checkEffects(seed, Math.min(count, 16), values.vectors) === 0 ? 0 : 1);
}

if (values.lines.length > 0) {
  console.log(versions().join("; "));
  process.exit(compareLines(values.lines, Number(values.show)) === 0 ? 0 : 1);
}

console.log(
  `codec oracle: seed ${seed}, ${count} words each of A32 and T32, all of T16; ${encodings.length} encodings`,
);
console.log(versions().join("; "));

const chunk = 100_000;
let failures = 0;
const coverage = new Coverage();

function compare(name: string, probes: readonly Probe[]): void {
  const tally = new Map<string, { count: number; example: string }>();
  let consensus = 0;
  for (let from = 0; from < probes.length; from += chunk) {
    const part = probes.slice(from, from + chunk);
    const [l, g] = [llvm(part), gnu(part)];
    part.forEach((probe, i) => {
      const insn = decodeProbe(probe, i * gnuStride(probe));
      const outcome = judge(insn, l[i]!, g[i]!);
      coverage.add(name, insn.encoding === undefined ? "no row" : `${insn.isa} ${insn.encoding.group}`, outcome);
      if (outcome === "agree") consensus++;
      const known = tally.get(outcome);
      if (known !== undefined) known.count++;
      else {
        const texts = [format(insn, "llvm"), l[i]!.text, g[i]!.text].map((text) => text.replace(/\t/g, " "));
        tally.set(outcome, {
          count: 1,
          example: `${probe.word.toString(16)} (${insn.status}) ours "${texts.join('" "')}"`,
        });
      }
    });
  }
  console.log(
    `\n${name}: ${probes.length} words, ${consensus} agree to the letter (${((100 * consensus) / probes.length).toFixed(2)} %)`,
  );
  for (const [outcome, { count: n, example }] of [...tally].sort((a, b) => b[1].count - a[1].count)) {
    if (outcome === "agree") continue;
    const known = classes[outcome];
    const over = known === undefined || n > Math.max(40, (known.budget * probes.length) / 1e6);
    if (over) failures++;
    console.log(`  ${over ? "FAIL " : ""}${outcome}: ${n}, e.g. ${example}`);
  }
}

const next = random(seed);
const each = Math.max(4, Math.floor(count / 8000));
const draw = (isa: "a32" | "t32"): Probe[] => [...drawWords(isa, count, next), ...drawInstances(isa, each, next)];
const draws = { a32: draw("a32"), t32: draw("t32") };
compare("T16", allT16());
compare("A32", draws.a32);
compare("T32", draws.t32);
if (values.docs) {
  coverage.write(seed, count);
  process.exit(failures === 0 ? 0 : 1);
}
failures += roundTrips("T16", allT16());
failures += roundTrips("A32", draws.a32);
failures += roundTrips("T32", draws.t32);
failures += assembleBack("a32", draws.a32.slice(0, 60_000));
failures += assembleBack("t32", draws.t32.slice(0, 60_000));
if (values.vectors) writeVectors(seed);
console.log(failures === 0 ? "\nevery difference is explained and within its budget" : `\n${failures} failures`);
process.exit(failures === 0 ? 0 : 1);
