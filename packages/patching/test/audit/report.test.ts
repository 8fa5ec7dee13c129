import { ElfError } from "@cmodx/elf";
import { expect, test } from "vitest";
import { auditBytes, auditSample, Damaged, type SampleName, siteIn } from "./samples.js";

test("every site of the samples is found, decoded and free of errors", () => {
  for (const [name, jumps] of [
    ["sites-arm.elf", 6],
    ["sites-thumb2.elf", 6],
    ["kernel-thumb2.elf", 6],
    ["sites-arm.ko", 7],
    ["sites-thumb2.ko", 7],
  ] as const) {
    const { summary, sites } = auditSample(name);
    expect(summary.mcount, name).toMatchObject({ sites: 7, byForm: { bl: 7 } });
    expect(summary.jump_label, name).toMatchObject({ sites: jumps, byForm: { nop: jumps - 1, b: 1 } });
    expect(sites.flatMap(({ findings }) => findings).filter(({ level }) => level !== "note")).toEqual([]);
  }
});

test("the key of a site is named, with its likely bit, in its own section or another file", () => {
  const { key: fast } = siteIn(auditSample("sites-arm.elf"), "jump_label", "triangle");
  expect(fast).toMatchObject({ symbol: "fast_key", likely: true, init: false, section: ".data" });
  const { key: other } = siteIn(auditSample("sites-arm.ko"), "jump_label", "setup");
  expect(other).toEqual({ symbol: "other_module_key", address: null, section: null, likely: false, init: false });
});

test("a Thumb site across a word, a cache line or a page says which; an ARM site never does", () => {
  expect(auditSample("sites-arm.elf").sites.flatMap(({ straddles }) => straddles)).toEqual([]);
  const { sites, summary } = auditSample("sites-thumb2.elf");
  for (const { address, straddles } of sites) {
    expect(straddles.includes("word")).toBe(address % 4 === 2);
    expect(straddles.includes("line32")).toBe(address % 32 === 30);
    expect(straddles.includes("page")).toBe(address % 4096 === 4094);
  }
  expect(summary.mcount!.straddle.word).toBe(sites.filter((s) => s.kind === "mcount" && s.straddles.length > 0).length);
});

test("only the kinds asked for are read", () => {
  expect(Object.keys(auditSample("sites-arm.elf", { kinds: ["jump_label"] }).summary)).toEqual(["jump_label"]);
});

test("kernel tables that no sample has are read from sections of their names", () => {
  // One of the two tables gets the name of another whose entries have the same size.
  const renamed = (from: string, to: string) => {
    const damaged = new Damaged("sites-arm.elf");
    const names = damaged.table(".shstrtab");
    const text = new TextDecoder("latin1").decode(damaged.bytes.subarray(names));
    damaged.bytes.set(new TextEncoder().encode(`${to}\0`), names + text.indexOf(from));
    return damaged.report().summary;
  };
  expect(renamed("__jump_table", "__bug_table").bug).toMatchObject({ sites: 6, byForm: { nop: 5, b: 1 } });
  expect(Object.keys(renamed("__mcount_loc", ".pv_table"))).toEqual(["jump_label", "pv_table"]);
});

/** A sample whose symbol table is a section of another type. */
function withoutSymbols(name: SampleName): Uint8Array {
  const damaged = new Damaged(name);
  return damaged.write(damaged.image.sectionsNamed(".symtab")[0]!.headerOffset + 4, 1).bytes;
}

test("an image without any table is audited: there is nothing to judge", () => {
  const damaged = new Damaged("kernel-thumb2.elf");
  const strtab = damaged.image.sectionsNamed(".strtab")[0]!;
  const text = new TextDecoder("latin1").decode(damaged.bytes.subarray(strtab.offset, strtab.offset + strtab.size));
  for (const name of ["__start_mcount_loc", "__start___jump_table"])
    damaged.bytes[strtab.offset + text.indexOf(name)]!++;
  expect(damaged.report()).toMatchObject({ sites: [], summary: {}, image: { isa: null } });
});

test("a stripped image is refused when its tables are lost, and told about as far as they are not", () => {
  for (const name of ["kernel-thumb2.elf", "sites-arm.ko"] as const) {
    expect(() => auditBytes(withoutSymbols(name)), name).toThrow(ElfError);
    expect(() => auditBytes(withoutSymbols(name)), name).toThrow(
      /^e_shoff at file offset 0x20 leads to no symbol table/,
    );
  }
  const { sites } = auditBytes(withoutSymbols("sites-thumb2.elf"));
  expect(sites).toHaveLength(13);
  for (const { isa, text, transitions, findings } of sites) {
    expect([isa, text, transitions]).toEqual([null, null, []]);
    expect(findings.map(({ id }) => id)).toContain("isa-unknown");
  }
});
