import { memorySource, openElf } from "@cmodx/elf";
import { compareMemory } from "@cmodx/patching";
import { expect, test } from "vitest";
import { auditBytes, Damaged, renamed, type SampleName, siteIn } from "./samples.js";

const dumpOf = (name: SampleName, write: (set: (address: number, hex: string) => void) => void) => {
  const { bytes: file, image } = new Damaged(name);
  return compare(file, image.sectionsNamed(".text")[0]!.address, write);
};

/** The text of an image with changes, compared with the image. */
function compare(file: Uint8Array, address: number, write: (set: (address: number, hex: string) => void) => void) {
  const image = openElf(memorySource(file));
  const { section } = image.locate(address);
  const bytes = image.read({ section, address }, section!.size)!.slice();
  write((at, hex) => bytes.set(Buffer.from(hex, "hex"), at - address));
  return compareMemory(image, auditBytes(file), { address, bytes });
}

for (const name of ["sites-arm.elf", "kernel-thumb2.elf"] as const) {
  const report = new Damaged(name).report();
  const call = siteIn(report, "mcount", "square");
  const jump = siteIn(report, "jump_label", "square");
  const isArm = name === "sites-arm.elf";

  test(`${name}: memory that is as the file has nothing to tell`, () => {
    const same = dumpOf(name, () => {});
    expect(same).toMatchObject({ switched: [], kprobes: [], unexplained: [], unexplainedCount: 0 });
    // All but those in init text, which the dump does not have.
    expect(same.states).toEqual({ mcount: { "as built": 6 }, jump_label: { "as built": 5 } });
  });

  test(`${name}: a switched site is known by what Linux writes there, and its key is named`, () => {
    const found = dumpOf(name, (set) => {
      set(call.address, isArm ? "04d08de2" : "0df1040d");
      set(jump.address, jump.transitions[0]!.to.bytes!);
    });
    expect(found.unexplained).toEqual([]);
    expect(found.switched.map(({ kind, state, symbol, key }) => [kind, state, symbol?.split("+")[0], key])).toEqual([
      ["mcount", "boot", "square", null],
      ["jump_label", "first on", "square", "trace_key"],
    ]);
  });

  test(`${name}: a kprobe's breakpoint is one, and any other change is not explained`, () => {
    const entry = new Damaged(name).addressOf("square");
    const found = dumpOf(name, (set) => {
      set(entry, isArm ? "f801f0e7" : "18de");
      set(jump.address, isArm ? "010000ea" : "00bf00bf");
      set(entry + (isArm ? 28 : 20), isArm ? "00000000" : "0000");
    });
    expect(found.kprobes.map(({ address }) => address)).toEqual([entry]);
    expect(found.unexplained.map(({ address }) => address)).toContain(entry + (isArm ? 28 : 20));
    if (!isArm) expect(found.unexplained.map(({ address }) => address)).toContain(jump.address);
  });
}

test("a call to another of the tracer's entries is tracing", () => {
  const file = renamed("sites-arm.elf", { work: { to: "ftrace_regs_caller" } });
  const { image } = new Damaged("sites-arm.elf");
  const site = siteIn(auditBytes(file), "mcount", "square");
  const target = image.symbols.address(image.symbols.find("work"));
  const word = 0xeb000000 | (((target - site.address - 8) >> 2) & 0xffffff);
  const hex = Buffer.from(Uint32Array.of(word).buffer).toString("hex");
  const found = compare(file, image.sectionsNamed(".text")[0]!.address, (set) => set(site.address, hex));
  expect(found.switched.map(({ state }) => state)).toEqual(["on"]);
});

test("a dump of part of the text, at an odd address, compares that part; one of elsewhere nothing", () => {
  const { bytes: file, image } = new Damaged("sites-arm.elf");
  const text = image.sectionsNamed(".text")[0]!;
  const bytes = image.read({ section: text, address: text.address }, text.size)!;
  const of = (address: number, part: Uint8Array) => compareMemory(image, auditBytes(file), { address, bytes: part });
  expect(of(text.address + 5, bytes.subarray(5, 42))).toMatchObject({ compared: 36, unexplainedCount: 0 });
  expect(of(0xf000_0000, bytes).compared).toBe(0);
  const module = new Damaged("sites-arm.ko");
  expect(compareMemory(module.image, module.report(), { address: 0, bytes }).compared).toBe(0);
});
