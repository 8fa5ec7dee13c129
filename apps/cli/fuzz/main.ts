// Feeds whatever takes text or bytes from outside with damaged inputs: nothing may throw but what it says it throws, and no case may take
// longer than a second or let the memory grow.
//
//   npx tsx --conditions=@cmodx/source apps/cli/fuzz/main.ts [TARGET…] [--cases 1000000] [--seed 1]
//
// A target says how many cases of a second it does; the worst case of each is told.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { assemble, bytesOf, decodeA32, decodeT32, effects, format, parse } from "@cmodx/codec";
import { ElfError, memorySource, openElf } from "@cmodx/elf";
import { lowerLitmus, parseLitmus, printLitmus } from "@cmodx/litmus";
import { audit } from "@cmodx/patching";
import { eventDefinition, parseFilter } from "@cmodx/static-keys";
import { exercise } from "../../../packages/elf/test/samples.js";
import { world } from "../../../packages/kprobes/test/events/world.js";
import { randomBelow } from "../../../test/random.js";
import { readState, writeState } from "../../site/src/engine/state.js";

type Below = (limit: number) => number;
const root = fileURLToPath(new URL("../../..", import.meta.url));
const { values, positionals } = parseArgs({
  options: { cases: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
  allowPositionals: true,
});
const cases = Number(values.cases);
const seed = Number(values.seed);

const texts = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(root, folder, name), "utf8"));

/** Text with pieces of it taken out, doubled, changed, or replaced by pieces of another. */
function damaged(corpus: readonly string[], below: Below): string {
  let text = corpus[below(corpus.length)]!;
  for (let edits = 1 + below(4); edits > 0; edits--) {
    const at = below(text.length + 1);
    const length = below(below(2) === 0 ? 3 : 24);
    const other = corpus[below(corpus.length)]!;
    const from = below(other.length + 1);
    const odd = () => String.fromCharCode(below(3) === 0 ? below(0x3000) : below(128));
    const piece = [
      () => "",
      odd,
      () => other.slice(from, from + length),
      () => text.slice(at, at + length).repeat(1 + below(3)),
    ];
    text = text.slice(0, at) + piece[below(piece.length)]!() + text.slice(at + (below(2) === 0 ? length : 0));
  }
  return text;
}

function damagedBytes(corpus: readonly Uint8Array[], below: Below): Uint8Array {
  const bytes = corpus[below(corpus.length)]!.slice();
  const view = new DataView(bytes.buffer);
  const nasty = [0, 1, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];
  for (let edits = 1 + below(6); edits > 0; edits--) {
    if (below(2) === 0) bytes[below(bytes.length)] = below(256);
    else
      view.setUint32(
        4 * below(bytes.length >> 2),
        below(2) === 0 ? nasty[below(nasty.length)]! : below(2 ** 32),
        bytes[5] === 1,
      );
  }
  return below(8) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes;
}

const isas = ["a32", "t32"] as const;
const decoded = (below: Below) => {
  const word = below(2 ** 32);
  return below(2) === 0
    ? decodeA32(word, 4 * below(2 ** 30))
    : decodeT32(word >>> 16, word & 0xffff, 2 * below(2 ** 31), below(256));
};

/** Each makes what its cases share, and then a case. */
const targets: Readonly<Record<string, () => (below: Below) => void>> = {
  decode: () => (below) => {
    const insn = decoded(below);
    format(insn);
    effects(insn);
    bytesOf(insn);
  },
  assemble: () => {
    const below = randomBelow(5);
    const lines = Array.from({ length: 4000 }, () => format(decoded(below)));
    lines.push(
      "a: .word 1, 2, a",
      ".balign 8",
      ".thumb",
      ".arm",
      "ldr r0, =0x12345678",
      "it eq",
      "b a",
      ".short 3",
      "push {r0-r3, lr}",
    );
    return (below) => {
      const isa = isas[below(2)]!;
      parse(damaged(lines, below), { isa, address: 0x8000 });
      if (below(16) === 0)
        assemble(Array.from({ length: 1 + below(6) }, () => damaged(lines, below)).join("\n"), { isa });
    };
  },
  elf: () => {
    const names = readdirSync(join(root, "samples")).filter((name) => /\.(elf|ko)$/.test(name));
    const files = names.map((name) => new Uint8Array(readFileSync(join(root, "samples", name))));
    return (below) => {
      try {
        const image = openElf(memorySource(damagedBytes(files, below)));
        if (below(8) === 0) audit(image, { path: "fuzz" });
        else exercise(image);
      } catch (error) {
        if (!(error instanceof ElfError)) throw error;
      }
    };
  },
  litmus: () => {
    const tests = texts("litmus", ".litmus");
    return (below) => {
      const read = parseLitmus(damaged(tests, below));
      if (!read.ok) return;
      printLitmus(read.test);
      try {
        lowerLitmus(read.test);
      } catch (error) {
        if (!(error instanceof Object) || error.constructor.name !== "OutsideDialect") throw error;
      }
    };
  },
  "kprobe-events": () => {
    const lines = [
      "p:ev work+4 %r0 top=+4(%sp):u32",
      "r4:g/ret work $retval:s64 $comm",
      'p:kprobes/x m:tail +0(+4(%r1)):string \\"a\\":b4@2/32',
      "-:g/ret",
      "p work+0x10 @0x80100000:x8[4] name=@tail:ustring",
      "r:out tail%return arg=%lr:symbol +u8(%r2):u16",
    ];
    let { events } = world();
    let written = 0;
    return (below) => {
      if (++written % 100 === 0) ({ events } = world());
      events.write(damaged(lines, below));
      if (below(10) === 0) events.read();
    };
  },
  filter: () => {
    const filters = [
      'prev_pid == 0 && (next_comm ~ "*sh?" || prev_prio < 0x10)',
      "!(prev_state & 3) || next_pid >= 100 && prev_comm != 'init'",
      "CPU == 1",
      'prev_comm ~ "[a-z]*"',
    ];
    const event = eventDefinition({
      system: "sched",
      name: "sched_switch",
      id: 314,
      fields: [
        { kind: "array", type: "char", name: "prev_comm", length: 16 },
        { kind: "field", type: "pid_t", name: "prev_pid" },
        { kind: "field", type: "long", name: "prev_state" },
        { kind: "dynamic", type: "char", name: "next_comm" },
      ],
      print: '"%d", REC->prev_pid',
    });
    return (below) => void parseFilter(damaged(filters, below), event);
  },
  url: () => {
    const states = [
      "mode=site&isa=t32&at=0x8000&from=nop.w&to=b.w+0x9000&protocol=store-only&executors=2",
      "mode=litmus&text=AArch64%20x%0A%7B%7D",
      "mode=program&text=mov%20r0%2C%20%231&cores=2",
    ];
    return (below) => {
      const state = readState(damaged(states, below));
      if (state === undefined) return;
      const shared = writeState(state);
      const again = readState(shared);
      if (again === undefined || writeState(again) !== shared)
        throw new Error(`a state changes when it is shared: ${shared}`);
    };
  },
};

const wanted = positionals.length > 0 ? positionals : Object.keys(targets);
for (const name of wanted) {
  const below = randomBelow(seed);
  const make = targets[name];
  if (make === undefined) {
    process.stderr.write(`fuzz: there is no ${name}; there is ${Object.keys(targets).join(", ")}\n`);
    process.exit(2);
  }
  const once = make();
  const begun = performance.now();
  let slowest = 0;
  for (let i = 0; i < cases; i++) {
    const before = performance.now();
    try {
      once(below);
    } catch (error) {
      process.stderr.write(
        `${name}: case ${i} of seed ${seed}: ${error instanceof Error ? error.stack : String(error)}\n`,
      );
      process.exit(1);
    }
    slowest = Math.max(slowest, performance.now() - before);
  }
  const seconds = (performance.now() - begun) / 1000;
  const memory = Math.round(process.memoryUsage.rss() / 2 ** 20);
  process.stdout.write(
    `${name}: ${cases} cases, ${Math.round(cases / seconds)} a second, the slowest ${slowest.toFixed(0)} ms, ${memory} MiB\n`,
  );
}
