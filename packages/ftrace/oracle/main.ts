// What the tracer does, beside programs that gcc compiles and kernels that Debian ships.
//
//   pnpm oracle ftrace [IMAGE…]
//
// Programs of ours with -pg run traced and untraced, in Linux' way and live, and must end alike; one has four threads, and tracing is
// switched while they run. Every record of each kernel (those of scripts/real-inputs.mjs, or
// the images named) is switched off, on and back as it was built: each time every site must hold what it should, and at the end every byte
// must be as it was.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { memorySource, openElf } from "@cmodx/elf";
import { callEdits, callNop, callsOf } from "@cmodx/ftrace";
import { applyEdits, insnIn } from "@cmodx/patching";
import { tracePrograms } from "./programs.js";
import { traceThreads } from "./threads.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
let failed = false;

const programs = tracePrograms();
if (programs === undefined) console.log("programs: arm-linux-gnueabihf-gcc is not installed");
else {
  for (const problem of programs) console.log(`programs: ${problem}`);
  console.log(
    `programs: 20 builds, traced and untraced: ${programs.length === 0 ? "all alike" : `${programs.length} differences`}`,
  );
  failed ||= programs.length > 0;
}

const threads = traceThreads(5);
if (threads !== undefined) {
  for (const problem of threads.wrong) console.log(`threads: ${problem}`);
  console.log(`threads: ${threads.runs} runs on four cores, traced on the way: ${threads.wrong.length} differences`);
  failed ||= threads.wrong.length > 0;
}

const inputs = join(root, "real-inputs");
const named = process.argv.slice(2);
const images =
  named.length > 0
    ? named
    : existsSync(inputs)
      ? readdirSync(inputs)
          .map((name) => join(inputs, name, "vmlinux"))
          .filter((path) => existsSync(path))
      : [];
if (images.length === 0) console.log("kernels: none; scripts/real-inputs.mjs brings Debian's");
for (const path of images) {
  const original = readFileSync(path);
  const bytes = Uint8Array.from(original);
  let calls: ReturnType<typeof callsOf>;
  try {
    calls = callsOf(openElf(memorySource(bytes)), bytes);
  } catch (error) {
    console.log(`${path}: ${(error as Error).message}`);
    continue;
  }
  const started = performance.now();
  const counts = (["off", "on", "off", "built"] as const).map((wish) => {
    const edits = callEdits(calls, calls.records, wish);
    applyEdits(edits, calls.memory);
    const wrong = calls.records.filter(({ isa, ip, init }) => {
      const insn = insnIn(calls.memory, isa, ip);
      if (wish === "off") return insn.word !== callNop(isa, ip).word;
      const target = insn.operands.find((operand) => operand.kind === "target");
      const wanted = wish === "built" ? calls.built : init ? calls.tracer.init : calls.tracer.text;
      return target?.kind !== "target" || target.address !== wanted;
    });
    return `${wish} ${edits.length} (${wrong.length} wrong)`;
  });
  const seconds = (performance.now() - started) / 1000;
  const same = Buffer.compare(original, bytes) === 0;
  failed ||= !same || counts.some((text) => !text.includes("(0 wrong)"));
  console.log(
    `${path}: ${calls.records.length} records: ${counts.join(", ")}; ${same ? "every byte as before" : "BYTES DIFFER"}; ${seconds.toFixed(2)} s`,
  );
}
process.exit(failed ? 1 : 0);
