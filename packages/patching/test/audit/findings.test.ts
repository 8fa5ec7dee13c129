import { FINDINGS, type FindingId, type SITE_KINDS } from "@cmodx/patching";
import { expect, test } from "vitest";
import { auditBytes, auditSample, Damaged, sampleBytes, sampleNames } from "./samples.js";

const arm = "sites-arm.elf";
const thumb = "sites-thumb2.elf";
const jumps = "__jump_table";
const calls = "__mcount_loc";

/** A copy of a sample with one defect, and the findings that a kind of site then has beyond notes. */
type Defect = readonly [name: FindingId, kind: (typeof SITE_KINDS)[number], damage: () => Damaged];

/** Writes Thumb halfwords at an address of the Thumb sample. */
function halfwords(damaged: Damaged, address = 0, ...values: number[]): Damaged {
  values.forEach((value, i) => {
    damaged.bytes.set([value & 0xff, value >>> 8], damaged.offsetOf(address) + 2 * i);
  });
  return damaged;
}

/** The Thumb sample with another word in a table. */
function tableWord(table: string, at: number, value: number): Damaged {
  const damaged = new Damaged(thumb);
  return damaged.write(damaged.table(table) + at, value);
}

const defects: readonly Defect[] = [
  ["unresolved", "jump_label", () => new Damaged(arm).write(new Damaged(arm).table(jumps), 0xf000_0000)],
  [
    "outside-text",
    "jump_label",
    () => new Damaged(arm).write(new Damaged(arm).table(jumps), new Damaged(arm).addressOf("fast_key")),
  ],
  [
    "outside-text",
    "mcount",
    () => new Damaged(arm).write(new Damaged(arm).table(calls), new Damaged(arm).addressOf("fast_key")),
  ],
  [
    "misaligned",
    "mcount",
    () => {
      const damaged = new Damaged(arm);
      return damaged.write(damaged.table(calls), damaged.word(damaged.table(calls)) + 2);
    },
  ],
  [
    "unexpected-form",
    "mcount",
    () => {
      const damaged = new Damaged(arm);
      return damaged.write(damaged.offsetOf(damaged.word(damaged.table(calls))), 0xe12fff1e);
    },
  ],
  [
    "unexpected-form",
    "jump_label",
    () => {
      const damaged = new Damaged(arm);
      return damaged.write(damaged.offsetOf(damaged.word(damaged.table(jumps))), 0x0a000001);
    },
  ],
  [
    "unexpected-form",
    "jump_label",
    () => {
      const damaged = new Damaged(thumb);
      damaged.bytes.set([0x00, 0xbf, 0x00, 0xbf], damaged.offsetOf(damaged.word(damaged.table(jumps))));
      return damaged;
    },
  ],
  [
    "target-mismatch",
    "jump_label",
    () => {
      const damaged = new Damaged(arm);
      const code = damaged.word(damaged.table(jumps));
      return damaged.write(damaged.offsetOf(code), 0xea000000);
    },
  ],
  [
    "foreign-call",
    "mcount",
    () => {
      const damaged = new Damaged(arm);
      return damaged.write(damaged.offsetOf(damaged.word(damaged.table(calls))), 0xebfffffe);
    },
  ],
  [
    "no-push",
    "mcount",
    () => {
      const damaged = new Damaged(arm);
      return damaged.write(damaged.offsetOf(damaged.word(damaged.table(calls)) - 4), 0xe1a00000);
    },
  ],
  [
    "duplicate",
    "mcount",
    () =>
      new Damaged(arm).write(new Damaged(arm).table(calls), new Damaged(arm).word(new Damaged(arm).table(calls) + 4)),
  ],
  [
    "overlap",
    "mcount",
    () => {
      const damaged = new Damaged(arm);
      return damaged.write(damaged.table(calls), damaged.word(damaged.table(jumps)));
    },
  ],
  [
    "target-section",
    "jump_label",
    () => new Damaged(arm).write(new Damaged(arm).table(jumps) + 4, new Damaged(arm).addressOf("setup")),
  ],
  ["key-without-symbol", "jump_label", () => new Damaged(arm).write(new Damaged(arm).table(jumps) + 8, 0xf000_0000)],
  [
    "target-outside-function",
    "jump_label",
    () => halfwords(tableWord(jumps, 4, new Damaged(thumb).addressOf("print"))),
  ],
  // The second half of a bl.
  ["not-boundary", "mcount", () => halfwords(tableWord(calls, 0, 0x10098))],
  // it eq, before the nop of square
  ["in-it-block", "jump_label", () => halfwords(new Damaged(thumb), 0x10128, 0xbf08)],
  // b to the second half of the call of square, and in A32 to the call behind the push
  ["entered", "mcount", () => halfwords(new Damaged(thumb), 0x10128, 0xe7fd)],
  [
    "entered",
    "mcount",
    () => {
      const damaged = new Damaged(arm);
      const call = damaged.word(damaged.table(calls));
      return damaged.write(damaged.offsetOf(call + 4), 0xeafffffd);
    },
  ],
  // ldr r0, [pc]: the literal is the second half of the nop of square
  ["literal-pool", "jump_label", () => halfwords(new Damaged(thumb), 0x10128, 0x4800)],
  [
    "literal-pool",
    "jump_label",
    () => {
      const damaged = new Damaged(thumb);
      const names = damaged.table(".strtab");
      const at = new TextDecoder("latin1").decode(damaged.bytes.subarray(names)).indexOf("\0$t\0");
      damaged.bytes.set([0x64], names + at + 2);
      return damaged;
    },
  ],
  [
    "not-probeable",
    "jump_label",
    () => {
      const damaged = new Damaged(arm);
      const names = damaged.table(".shstrtab");
      const at = new TextDecoder("latin1").decode(damaged.bytes.subarray(names)).indexOf(calls);
      damaged.bytes.set(new TextEncoder().encode("_kprobe_blacklist\0"), names + at);
      return damaged;
    },
  ],
  [
    "isa-unknown",
    "jump_label",
    () => {
      const damaged = new Damaged(arm);
      const [symtab] = damaged.image.sectionsNamed(".symtab");
      return damaged.write(symtab!.headerOffset + 4, 1);
    },
  ],
  [
    "no-bytes",
    "mcount",
    () => {
      const damaged = new Damaged(arm);
      const [text] = damaged.image.sectionsNamed(".text");
      return damaged.write(text!.headerOffset + 4, 8);
    },
  ],
];

test.each(defects)("%s of a %s site is found", (id, kind, damage) => {
  const clean = auditSample(arm).sites.filter((site) => site.kind === kind);
  expect(clean.flatMap(({ findings }) => findings).map((found) => found.id)).not.toContain(id);
  const found = damage()
    .report()
    .sites.filter((site) => site.kind === kind)
    .flatMap(({ findings }) => findings)
    .find((finding) => finding.id === id);
  expect(found?.level).toBe(FINDINGS[id].level);
});

test("code in big-endian order is read as the same code", () => {
  const damaged = halfwords(new Damaged("sites-thumb2-be8.elf"), 0x10128, 0xe7fd);
  const entered = (report: ReturnType<typeof auditBytes>) =>
    report.sites.filter(({ findings }) => findings.some(({ id }) => id === "entered")).map(({ symbol }) => symbol);
  expect(entered(damaged.report())).toEqual(["square"]);
  damaged.bytes[37] = 0;
  for (const { executable, offset, size } of damaged.image.sections) {
    if (executable) for (let at = offset; at < offset + size; at += 2) damaged.bytes.subarray(at, at + 2).reverse();
  }
  expect(damaged.report().image.codeEndian).toBe("big");
  expect(entered(damaged.report())).toEqual(["square"]);
});

test("in a module a branch goes where its relocation says", () => {
  const entered = (damaged: Damaged) =>
    damaged
      .report()
      .sites.flatMap(({ symbol, findings }) => (findings.some(({ id }) => id === "entered") ? [symbol] : []));
  const ko = "sites-arm.ko";
  expect(entered(new Damaged(ko))).toEqual([]);
  const damaged = new Damaged(ko);
  const text = damaged.image.sectionsNamed(".text")[0]!;
  // The bl of square, to a symbol of another file, now goes to the symbol `square` with an addend of 8: to itself.
  const relocations = damaged.image.relocationsOf(text)!;
  const entry = damaged.image.sections.find(({ type, info }) => type === 9 && info === text.index)!.offset;
  let at = entry;
  while (damaged.word(at) !== 8) at += 8;
  expect(relocations.at(8)!.type).toBe(28);
  damaged.write(at + 4, (damaged.image.symbols.find("square") << 8) | 28).write(text.offset + 8, 0xeb000000);
  expect(entered(damaged)).toEqual(["square"]);
});

test("of a site that cannot be read nothing else is said", () => {
  const damaged = new Damaged(arm);
  damaged.write(damaged.table(jumps), 0xf000_0000, 0xf000_0000, 0xf000_0000);
  const [site] = damaged.report().sites.filter(({ kind }) => kind === "jump_label");
  expect(site!.findings.map(({ id }) => id)).toEqual(["unresolved"]);
  expect(site).toMatchObject({ isa: null, bytes: null, text: null, transitions: [] });
});

test("a target that no branch reaches is found", () => {
  const damaged = new Damaged("kernel-thumb2.elf");
  const [text] = damaged.image.sectionsNamed(".text");
  // .text grows over the end of the file to hold a far target, which is never read.
  damaged.write(text!.headerOffset + 20, 0x0200_0000);
  const start = damaged.addressOf("__start___jump_table");
  damaged.write(damaged.offsetOf(start) + 4, text!.address + 0x01ff_0000);
  const ids = damaged.report().sites.flatMap(({ findings }) => findings.map(({ id }) => id));
  expect(ids).toContain("out-of-range");
});

test("a straddling site and one in init text are noted, and a table's data word is no error", () => {
  const ids = auditSample(thumb).sites.flatMap(({ findings }) => findings.map(({ id }) => id));
  expect(new Set(ids)).toEqual(new Set(["straddle", "init-text"]));
  const damaged = new Damaged(arm);
  const table = damaged.image.sectionsNamed(jumps)[0]!;
  const names = damaged.table(".shstrtab");
  const at = new TextDecoder("latin1").decode(damaged.bytes.subarray(names)).indexOf(jumps);
  damaged.bytes.set(new TextEncoder().encode(".init.smpalt"), names + at);
  damaged
    .write(table.headerOffset + 20, 8)
    .write(table.offset, damaged.addressOf("fast_key") - table.address, 0xe1a00000);
  expect(damaged.report().sites.find(({ kind }) => kind === "smp_alt")).toMatchObject({
    symbol: "fast_key",
    isa: null,
    findings: [{ id: "data-site", level: "note" }],
  });
});

test("tables that would fill the memory are refused, each alone or all together", () => {
  const base = new Damaged(arm);
  // Not zeroes, which are no entries of one of the tables.
  const bytes = new Uint8Array(base.bytes.length + 6_000_000).fill(1);
  bytes.set(base.bytes);
  const view = new DataView(bytes.buffer);
  const grow = (name: string, tableBytes: number) => {
    const { headerOffset } = base.image.sectionsNamed(name)[0]!;
    view.setUint32(headerOffset + 16, base.bytes.length, true);
    view.setUint32(headerOffset + 20, tableBytes, true);
  };
  grow(calls, 4 * 400_000);
  grow(jumps, 12 * 400_000);
  expect(() => auditBytes(bytes)).toThrow(/lead to 800000 sites, over the limit of 524288/);
  grow(calls, 4 * 524_289);
  expect(() => auditBytes(bytes)).toThrow(/table mcount .* has 524289 entries, over the limit of 524288/);
});

test("every finding has a test here", () => {
  const tested = new Set<string>([...defects.map(([id]) => id), "out-of-range", "straddle", "init-text", "data-site"]);
  expect(tested).toEqual(new Set(Object.keys(FINDINGS)));
});

test("the samples as built have nothing worse than a note", () => {
  for (const name of sampleNames) {
    const levels = auditBytes(sampleBytes(name)).sites.flatMap(({ findings }) => findings.map(({ level }) => level));
    expect(new Set(levels).has("error") || new Set(levels).has("warning"), name).toBe(false);
  }
});
