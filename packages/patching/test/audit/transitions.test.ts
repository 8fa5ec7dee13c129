import type { Site } from "@cmodx/patching";
import { expect, test } from "vitest";
import { auditSample, Damaged, siteIn } from "./samples.js";

/** Each transition as "name: bytes -> bytes verdict rule". */
const told = ({ transitions }: Site) =>
  transitions.map(({ name, from, to, verdict, rule }) => `${name}: ${from.bytes} -> ${to.bytes} ${verdict} ${rule}`);

// The bytes are those that running kernels were seen to write.

test("an A32 static branch may be switched on live once, and never again: Linux writes mov r0, r0 over it", () => {
  const site = siteIn(auditSample("sites-arm.elf"), "jump_label", "square");
  const b = site.transitions[0]!.to.bytes!;
  expect(b).toMatch(/^......ea$/);
  expect(told(site)).toEqual([
    `first on: 00f020e3 -> ${b} concurrent a32-listed`,
    `off again: ${b} -> 0000a0e1 synchronise not-listed`,
    `on again: 0000a0e1 -> ${b} synchronise not-listed`,
  ]);
  expect(site.transitions[0]!.to.text).toBe(`b 0x${site.target!.toString(16)}`);
});

test("a Thumb-2 static branch may not: both halfwords change", () => {
  const site = siteIn(auditSample("sites-thumb2.elf"), "jump_label", "square");
  const b = site.transitions[0]!.to.bytes!;
  expect(told(site)).toEqual([
    `first on: aff30080 -> ${b} synchronise both-halfwords`,
    `off again: ${b} -> aff30080 synchronise both-halfwords`,
    `on again: aff30080 -> ${b} synchronise both-halfwords`,
  ]);
});

test("a site that is a branch as built is switched off first", () => {
  for (const [name, off] of [
    ["sites-arm.elf", "0000a0e1"],
    ["sites-thumb2.elf", "aff30080"],
  ] as const) {
    const site = siteIn(auditSample(name), "jump_label", "mix");
    expect(site.transitions.map(({ name }) => name)).toEqual(["first off", "on again", "off again"]);
    expect([site.transitions[0]!.from.bytes, site.transitions[0]!.to.bytes]).toEqual([site.bytes, off]);
  }
});

test("a call of the tracer becomes add sp, sp, #4, and a call again", () => {
  for (const [name, off, rule] of [
    ["sites-arm.elf", "04d08de2", "not-listed"],
    ["sites-thumb2.elf", "0df1040d", "both-halfwords"],
  ] as const) {
    const site = siteIn(auditSample(name), "mcount", "triangle");
    expect(told(site)).toEqual([
      `boot: ${site.bytes} -> ${off} synchronise ${rule}`,
      `on: ${off} -> ${site.bytes} synchronise ${rule}`,
      `off: ${site.bytes} -> ${off} synchronise ${rule}`,
    ]);
    expect(site.targetSymbol).toBe("__gnu_mcount_nc");
  }
});

test("in a module the call's bytes wait for relocation, and are named instead", () => {
  const site = siteIn(auditSample("sites-thumb2.ko"), "mcount", "triangle");
  expect([site.bytes, site.text, site.target, site.targetSymbol]).toEqual([
    "fff7feff",
    "bl __gnu_mcount_nc",
    null,
    "__gnu_mcount_nc",
  ]);
  expect(site.transitions.map(({ from, to }) => [from, to])).toEqual([
    [
      { bytes: null, text: "bl __gnu_mcount_nc" },
      { bytes: "0df1040d", text: "add.w sp, sp, #4" },
    ],
    [
      { bytes: "0df1040d", text: "add.w sp, sp, #4" },
      { bytes: null, text: "bl ftrace_caller" },
    ],
    [
      { bytes: null, text: "bl ftrace_caller" },
      { bytes: "0df1040d", text: "add.w sp, sp, #4" },
    ],
  ]);
});

test("a big-endian image of BE8 has the same code, and the same verdicts", () => {
  for (const [little, big] of [
    ["sites-thumb2.elf", "sites-thumb2-be8.elf"],
    ["sites-thumb2.ko", "sites-thumb2-be8.ko"],
  ] as const) {
    expect(auditSample(big).sites).toEqual(auditSample(little).sites);
    expect(auditSample(big).summary).toEqual(auditSample(little).summary);
  }
});

test("the architecture decides whose rules are cited", () => {
  const { rules } = auditSample("sites-arm.elf", { architecture: "armv8-aarch32" });
  expect(rules["a32-listed"]!.reference).toContain("DDI 0487");
  expect(Object.keys(rules).sort()).toEqual(["a32-listed", "not-listed"]);
});

test("each transition has the verdict of both architectures", () => {
  for (const architecture of ["armv7", "armv8-aarch32"] as const) {
    for (const { transitions } of auditSample("sites-arm.elf", { architecture }).sites) {
      for (const { verdict, verdicts } of transitions) expect(verdicts[architecture]).toBe(verdict);
    }
  }
});

test("a site of two Thumb instructions is replaced by two, each judged by itself", () => {
  const damaged = new Damaged("sites-thumb2.elf");
  const table = damaged.image.sectionsNamed("__jump_table")[0]!;
  const names = damaged.table(".shstrtab");
  const at = new TextDecoder("latin1").decode(damaged.bytes.subarray(names)).indexOf("__jump_table");
  damaged.bytes.set(new TextEncoder().encode(".init.smpalt"), names + at);
  const site = damaged.addressOf("_start");
  // it ne; wfene becomes nop; nop
  damaged
    .write(table.headerOffset + 20, 8)
    .write(table.offset, site - table.address, 0xbf00bf00)
    .write(damaged.offsetOf(site), 0xbf20bf18);
  const found = damaged.report().sites.find(({ kind }) => kind === "smp_alt")!;
  expect(told(found).map((text) => text.split(" ").slice(0, -2).join(" "))).toEqual([
    "uniprocessor: 18bf -> 00bf",
    "uniprocessor second: 20bf -> 00bf",
  ]);
});
