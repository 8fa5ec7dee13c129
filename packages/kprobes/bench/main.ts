// How fast probes are registered and hit.
//
//   pnpm bench kprobes [IMAGE]     10,000 probes in a vmlinux; hits of one probe, by its breakpoint and by its detour,
//                                  by themselves and on a machine that runs
//
// Seconds depend on the machine and what else it does.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assemble } from "@cmodx/codec";
import { openElf } from "@cmodx/elf";
import { FileSource } from "@cmodx/elf/node";
import { imageText, Kprobes, MachineProbes, Probe, ProbeCore, type Registers } from "@cmodx/kprobes";
import { Machine } from "@cmodx/machine/run";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The armmp vmlinux where scripts/real-inputs.mjs has brought it, otherwise a sample. */
function defaultImage(): string {
  const inputs = join(root, "real-inputs");
  const releases = existsSync(inputs) ? readdirSync(inputs).filter((name) => !name.startsWith(".")) : [];
  const images = releases.map((release) => join(inputs, release, "vmlinux")).filter((path) => existsSync(path));
  return images.find((path) => /\d-armmp\//.test(path)) ?? images[0] ?? join(root, "samples/sites-arm.elf");
}

const seconds = (work: () => void): number => {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
};

const path = process.argv[2] ?? defaultImage();
const image = openElf(new FileSource(path));
const text = imageText(image);
const wanted = 10_000;
const names: string[] = [];
for (let i = 0; i < image.symbols.count && names.length < 2 * wanted; i++) {
  const name = image.symbols.name(i);
  if (image.symbols.type(i) === 2 && text.lookup(name) === image.symbols.address(i)) names.push(name);
}
// Where modules are, in reach of a branch.
const detours = {
  base: (((text.lookup("_stext") ?? 0x80000000) & ~0xffffff) >>> 0) - 0x01000000,
  callback: 0x80008000,
};
const kprobes = new Kprobes(text, text.isa === "a32" ? { detours } : {});
const probes: Probe[] = [];
const refused = new Map<string, number>();
const registering = seconds(() => {
  for (let i = 0; probes.length < wanted && i < names.length; i++) {
    const probe = new Probe({ symbol: names[i]!, pre: () => undefined });
    const outcome = kprobes.register(probe);
    if (outcome.ok) probes.push(probe);
    else refused.set(outcome.check, (refused.get(outcome.check) ?? 0) + 1);
  }
});
const why = [...refused].map(([check, count]) => `${count} ${check}`).join(", ");
console.log(`${path}: ${image.symbols.count} symbols, ${names.length} functions tried`);
console.log(`register: ${probes.length} probes in ${registering.toFixed(2)} s; refused: ${why || "none"}`);
const optimizing = seconds(() => kprobes.advance(5));
console.log(`optimise: ${[...kprobes.sites].filter((site) => site.optimized).length} in ${optimizing.toFixed(2)} s`);

const hits = 1_000_000;
const core = new ProbeCore(kprobes, () => undefined);
const site = kprobes.siteAt(probes[0]!.address!)!;
const state: Registers = { r: new Uint32Array(16), cpsr: 0x13 };
const trapping = seconds(() => {
  for (let i = 0; i < hits; i++) {
    state.r[15] = site.address;
    core.trap(state);
  }
});
const detouring = seconds(() => {
  for (let i = 0; i < hits; i++) core.detour(site, state);
});
console.log(`hits a second: ${Math.round(hits / trapping)} by breakpoint, ${Math.round(hits / detouring)} by detour`);
const removing = seconds(() => {
  kprobes.unregisterAll(probes);
  kprobes.advance(10);
});
console.log(`remove: ${probes.length} in ${removing.toFixed(2)} s, ${kprobes.slotsInUse} slots left`);

/** Four cores that call a probed function for ever, on the machine. */
function onMachine(isa: "a32" | "t32", optimise: boolean): string {
  const source = "work: add.w r6, r6, #1\n bx lr\nloop: bl work\n b loop";
  const made = assemble(isa === "a32" ? source.replace(".w", "") : source, { isa, address: 0x8000 });
  if (!made.ok) throw new Error(made.issues[0]?.message);
  const machine = new Machine({ cores: 4 });
  machine.memory.map(0x8000, 0x1000, { read: true, execute: true });
  machine.memory.map(0x20000, 0x10000, { read: true, write: true });
  machine.memory.write(0x8000, made.code);
  for (const core of machine.cores) {
    core.cells[13] = 0x21000 + 0x1000 * core.index;
    core.cells[15] = made.labels.get("loop")!;
    if (isa === "t32") core.status |= 0x20;
  }
  const program = { isa, functions: [{ name: "work", start: 0x8000, size: 8 }], trampoline: 0x4000 };
  const all = new MachineProbes({ machine, program, comm: "work", compat: "strict", optimise, hit: () => undefined });
  let hits = 0;
  all.kprobes.register(new Probe({ symbol: "work", pre: () => void hits++ }));
  all.kprobes.advance(5);
  const spent = seconds(() => machine.run({ instructions: 3_000_000 }));
  return `${isa} ${Math.round(hits / spent)} by ${optimise ? "detour" : "breakpoint"}`;
}
const ways = (["a32", "t32"] as const).flatMap((isa) => [false, true].map((optimise) => onMachine(isa, optimise)));
console.log(`hits a second on the machine: ${ways.join(", ")}`);
