// Static keys of real kernels, and what a kernel did to its own sites.
//
//   pnpm oracle static-keys [--seed N] [--observed FILE] [IMAGE…]
//
// Debian's libtraceevent, where it is installed, reads formats and records of ours and must print them as we do.
// Every key of each kernel (those of scripts/real-inputs.mjs, or the images named) is switched on, off, and back as it is initialised: each
// time every site must hold its NOP or the branch to its target, decoded by itself, and at the end every byte must be as it was. With
// --observed, a record of what a booted kernel's sites were changed into, the words that Linux's habits give must be the ones observed.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { decodeA32 } from "@cmodx/codec";
import { memorySource, openElf } from "@cmodx/elf";
import { applyEdits, bytesMemory, insnIn } from "@cmodx/patching";
import { type Compat, isNop, keyEdits, labelsOf, siteEdit } from "@cmodx/static-keys";
import { compareWithLibtraceevent } from "./traceevent.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const args = process.argv.slice(2);
/** `mov r0, r0`, and `nop.w`. */
const LINUX_NOP = { a32: 0xe1a00000, t32: 0xf3af8000 } as const;
let failed = false;

const at = args.indexOf("--observed");
const observed = at < 0 ? undefined : args.splice(at, 2)[1];
if (observed !== undefined) compareObserved(observed);

const seedAt = args.indexOf("--seed");
const seed = seedAt < 0 ? 1 : Number(args.splice(seedAt, 2)[1]);
const events = compareWithLibtraceevent(seed, 5000);
if (events === undefined) console.log("events: libtraceevent-dev is not installed");
else {
  for (const difference of events.wrong.slice(0, 10)) console.log(`events: ${difference}`);
  console.log(
    `events: ${events.compared} records read by libtraceevent (seed ${seed}), ${events.wrong.length} printed otherwise`,
  );
  failed ||= events.wrong.length > 0;
}

const inputs = join(root, "real-inputs");
const kernels = existsSync(inputs)
  ? readdirSync(inputs)
      .map((name) => join(inputs, name, "vmlinux"))
      .filter((path) => existsSync(path))
  : [];
const images = args.length > 0 ? args : kernels;
if (images.length === 0) console.log("kernels: none; scripts/real-inputs.mjs brings Debian's");
for (const path of images) {
  try {
    for (const compat of ["strict", "linux"] as const) switchAll(path, compat);
  } catch (error) {
    console.log(`${path}: ${(error as Error).message}`);
  }
}
process.exit(failed ? 1 : 0);

/** With Linux' habits a site that was built with the architectural NOP comes back with Linux' own: the rest must be as it was. */
function switchAll(path: string, compat: Compat): void {
  const original = readFileSync(path);
  const bytes = Uint8Array.from(original);
  const labels = labelsOf(openElf(memorySource(bytes)), bytes);
  const byKey = new Map<number, (typeof labels.entries)[number][]>();
  for (const entry of labels.entries) byKey.set(entry.key, [...(byKey.get(entry.key) ?? []), entry]);
  const started = performance.now();
  const counts = (["on", "off", "built"] as const).map((wish) => {
    let wrong = 0;
    let edited = 0;
    for (const key of labels.keys) {
      const on = wish === "built" ? key.initiallyTrue : wish === "on";
      const edits = keyEdits(labels, key, on, compat);
      applyEdits(edits, labels.memory);
      edited += edits.length;
      for (const { isa, code, target, likely } of byKey.get(key.address) ?? []) {
        const insn = insnIn(labels.memory, isa, code);
        const goes = insn.operands.find((operand) => operand.kind === "target");
        const right =
          on === likely ? isNop(insn) : insn.mnemonic === "b" && goes?.kind === "target" && goes.address === target;
        if (!right) wrong++;
      }
    }
    failed ||= wrong > 0;
    return `${wish} ${edited} (${wrong} wrong)`;
  });
  if (compat === "linux") {
    const built = labelsOf(openElf(memorySource(original)), Uint8Array.from(original));
    for (const { isa, code } of labels.entries) {
      const [was, is] = [insnIn(built.memory, isa, code), insnIn(labels.memory, isa, code)];
      const bytesWere = built.memory.read(code, 4);
      if (isNop(was) && is.word === LINUX_NOP[isa] && bytesWere !== undefined) labels.memory.write(code, bytesWere);
    }
  }
  const same = Buffer.compare(original, bytes) === 0;
  failed ||= !same;
  const seconds = ((performance.now() - started) / 1000).toFixed(2);
  console.log(
    `${path}, ${compat}: ${labels.keys.length} keys, ${labels.entries.length} sites: ${counts.join(", ")}; ${same ? "every byte as before" : "BYTES DIFFER"}; ${seconds} s`,
  );
}

/** One change of a word that was observed, in memory order. */
interface Change {
  readonly address: string;
  readonly old: string;
  readonly new: string;
}

function compareObserved(file: string): void {
  const record = JSON.parse(readFileSync(file, "utf8")) as Record<
    string,
    { items?: readonly Change[]; forms?: Record<string, number> }
  >;
  let [compared, wrong] = [0, 0];
  for (const [name, { items }] of Object.entries(record)) {
    if (!/events_(on|off)/.test(name)) continue;
    for (const change of items ?? []) {
      const code = Number(change.address);
      const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
      const after = hex(change.new);
      const insn = decodeA32(new DataView(after.buffer).getUint32(0, true), code);
      const goes = insn.operands.find((operand) => operand.kind === "target");
      // Where the record has a branch its target is read from it; where it has a NOP any target does.
      const target = goes?.kind === "target" ? goes.address : code;
      const entry = { isa: "a32", code, target, key: 0, likely: false, init: false, width: 4 } as const;
      const memory = bytesMemory(code, hex(change.old));
      const edit = siteEdit(entry, goes === undefined ? "nop" : "branch", memory, "linux");
      if (edit !== undefined) applyEdits([edit], memory);
      compared++;
      if (Buffer.from(memory.read(code, 4) ?? []).toString("hex") !== change.new) {
        wrong++;
        console.log(`${name}: ${change.address}: ours is another word than ${change.new}`);
      }
    }
  }
  failed ||= wrong > 0 || compared === 0;
  console.log(`${file}: ${compared} changes observed, ${wrong} different`);
  const [on, off] = [record["all_events_on"]?.forms, record["all_events_off_vs_before"]?.forms];
  if (on !== undefined && off !== undefined) compareCounts(on, off);
}

/** Of all events only numbers are known: as many sites, holding what theirs held, must be changed alike and left alike. */
function compareCounts(on: Readonly<Record<string, number>>, off: Readonly<Record<string, number>>): void {
  const before = Object.entries(on).flatMap(([form, count]) => Array<string>(count).fill(form.split(" ")[1] ?? ""));
  const text = Uint8Array.from(Buffer.from(before.join(""), "hex"));
  const memory = bytesMemory(0, text);
  const words = () => Buffer.from(text).toString("hex").match(/.{8}/g) ?? [];
  const changed = (show: (word: string) => string) => {
    const counts: Record<string, number> = {};
    for (const [i, word] of words().entries()) {
      const form = `jump_label ${before[i]} -> ${show(word)}`;
      if (word !== before[i]) counts[form] = (counts[form] ?? 0) + 1;
    }
    return counts;
  };
  const turn = (form: "branch" | "nop") => {
    for (const i of before.keys()) {
      const entry = {
        isa: "a32",
        code: 4 * i,
        target: 4 * i + 64,
        key: 0,
        likely: false,
        init: false,
        width: 4,
      } as const;
      const edit = siteEdit(entry, form, memory, "linux");
      if (edit !== undefined) applyEdits([edit], memory);
    }
  };
  turn("branch");
  const ours = [changed((word) => (word.endsWith("ea") ? "(bl/b)" : word))];
  turn("nop");
  ours.push(changed((word) => word));
  const alike = isDeepStrictEqual(ours, [on, off]);
  failed ||= !alike;
  console.log(`all events: ${before.length} sites on and off, ${alike ? "counted alike" : JSON.stringify(ours)}`);
}
