import { decodeA32, decodeT32, effects, encodeBranch, type Insn, type Isa } from "@cmodx/codec";
import { ElfError, memorySource, openElf } from "@cmodx/elf";
import { type AuditReport, auditSites, PlaceNames } from "@cmodx/patching";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { CodeWords } from "../../src/audit/code-words.js";
import { branchReaches, branchWord, branchWordTarget, isDirectBranch } from "../../src/audit/flow.js";
import { KIND_RULES } from "../../src/audit/kinds.js";
import { disabledCall } from "../../src/audit/linux-forms.js";
import type { Site, SiteKind } from "../../src/audit/report.js";
import { SiteModel } from "../../src/audit/site-model.js";
import { SiteModels } from "../../src/audit/site-models.js";
import { type Change, TransitionJudge, written } from "../../src/audit/transition-judge.js";
import { auditBytes, Damaged, sampleBytes, sampleNames } from "./samples.js";

/** A report, or the code of the error that there is instead; every site read by itself where `alone`. */
function told(bytes: Uint8Array, alone: boolean): AuditReport | string {
  const useful = alone ? vi.spyOn(SiteModels.prototype, "useful", "get").mockReturnValue(false) : undefined;
  try {
    return auditBytes(bytes);
  } catch (error) {
    if (error instanceof ElfError) return error.code;
    throw error;
  } finally {
    useful?.mockRestore();
  }
}

/** The kind of each site that reads like one before it. */
function again(bytes: Uint8Array): SiteKind[] {
  const models = new Set<SiteModel>();
  const kinds: SiteKind[] = [];
  const { length, show } = auditSites(openElf(memorySource(bytes)), { path: "sample" });
  show(0, length, ({ model }) => {
    if (model === undefined) return;
    if (models.has(model)) kinds.push(model.site.kind);
    models.add(model);
  });
  return kinds;
}

test("what is read from a model is what is read of the site by itself", () => {
  for (const name of sampleNames) expect(told(sampleBytes(name), false), name).toEqual(told(sampleBytes(name), true));
  expect([...new Set(again(sampleBytes("sites-arm.elf")))]).toEqual(["mcount", "jump_label"]);
  expect(again(sampleBytes("sites-arm.ko"))).toEqual([]);
});

const linked = ["sites-arm.elf", "sites-thumb2.elf", "sites-thumb2-be8.elf"] as const;
/** What the jump labels' table is taken for: names of the same length, or a part of it. */
const otherTables = ["__jump_table", ".init.smpalt", "__bug_table", ".pv_table"] as const;

/** A site that is planted where it has no business: of which kind, where in the text, and what is odd about it. */
const plants = fc.record({
  entry: fc.nat(11),
  at: fc.nat(),
  /** Against a line's end, where most straddle. */
  edge: fc.boolean(),
  oddity: fc.constantFrom("none", "none", "none", "no push", "condition", "other target", "no key", "far target"),
  word: fc.oneof({ weight: 4, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(7) }),
  other: fc.oneof(fc.nat(1), fc.nat()),
});

/** Words that say something of where they are, and others: in A32, and in T32. */
const said = {
  a32: [0xe320f000, 0xe320f000, 0xea000002, 0x1a000002, 0xe28f0004, 0xe59f0004, 0xfa000002, 0xe7f001f2],
  t32: [0xf3af8000, 0xf3af8000, 0xf000b802, 0xf0408002, 0xf20f0004, 0xf8df0004, 0xf000e802, 0xde02de02],
} as const;

type Plant = typeof plants extends fc.Arbitrary<infer Value> ? Value : never;

class Planted {
  readonly damaged: Damaged;
  readonly isa: Isa;
  readonly table: (typeof otherTables)[number];

  constructor(name: (typeof linked)[number], table: (typeof otherTables)[number]) {
    this.damaged = new Damaged(name);
    this.table = table;
    this.isa = name === "sites-arm.elf" ? "a32" : "t32";
    // A run of the text on which kprobes are refused.
    const { bytes } = this.damaged;
    const names = this.damaged.table(".shstrtab");
    const text = new TextDecoder("latin1").decode(bytes.subarray(names));
    bytes.set(
      new TextEncoder().encode(`${table}\0`.slice(0, "__jump_table".length + 1)),
      names + text.indexOf("__jump_table"),
    );
  }

  plant({ entry, at, edge, oddity, word, other }: Plant, mcount: number, jumps: number): void {
    const { damaged, isa } = this;
    const text = damaged.image.sectionsNamed(".text")[0]!;
    const [step, push] = isa === "a32" ? [4, 4] : [2, 2];
    const room = text.size - 64;
    const somewhere = (n: number) => text.address + 16 + (n % room) - ((n % room) % step);
    const address = edge ? (somewhere(at) & ~31) + 32 - step : somewhere(at);
    const target = somewhere(other);
    if (entry < 5) {
      const callee = damaged.addressOf("__gnu_mcount_nc");
      const bl = isa === "a32" ? (oddity === "condition" ? 0x1b000000 : 0xeb000000) : 0xf000d000;
      this.code(address, branchWord(isa, bl, address, oddity === "other target" ? target : callee)!);
      if (isa === "a32") this.code(address - push, oddity === "no push" ? 0xe320f000 : 0xe52de004);
      else this.half(address - push, oddity === "no push" ? 0xbf00 : 0xb500);
      damaged.write(mcount + 4 * entry, address);
      return;
    }
    const key = oddity === "no key" ? 0x10 : damaged.addressOf("fast_key");
    const to = oddity === "far target" ? address + 0x8000000 : oddity === "other target" ? target : address + 12;
    // A jump label that is a branch goes where its table says, but for oddities.
    const branch = word === 2 && (other & 7) < 6 ? branchWord(isa, said[isa][word]!, address, to) : undefined;
    this.code(address, branch ?? said[isa][word]!);
    const bytes =
      { __jump_table: 12, ".init.smpalt": 8, __bug_table: 12, ".pv_table": 4 }[this.table] * ((entry - 5) % 6);
    // These two count from the entry.
    const distance = address - damaged.image.sectionsNamed(this.table)[0]!.address - bytes;
    const words = {
      __jump_table: [address, to, key + (other & 1)],
      ".init.smpalt": [distance, said[isa][other % 4]!],
      __bug_table: [address, to, 0],
      ".pv_table": [distance],
    }[this.table];
    damaged.write(jumps + bytes, ...words);
  }

  code(address: number, word: number): void {
    if (this.isa === "t32") {
      this.half(address, word >>> 16);
      this.half(address + 2, word & 0xffff);
    } else this.damaged.write(this.damaged.offsetOf(address), word);
  }

  /** Code is little-endian in BE8 too. */
  half(address: number, half: number): void {
    const at = this.damaged.offsetOf(address);
    this.damaged.bytes[at] = half & 0xff;
    this.damaged.bytes[at + 1] = half >>> 8;
  }
}

test("so it is wherever sites are, whatever is odd about them, and whichever table names them", () => {
  const reread = new Map<string, number>();
  const all = fc.array(plants, { minLength: 6, maxLength: 18 });
  const property = fc.property(
    fc.constantFrom(...linked),
    fc.constantFrom(...otherTables),
    all,
    fc.boolean(),
    (name, table, chosen, high) => {
      const planted = new Planted(name, table);
      const original = new Damaged(name);
      const [mcount, jumps] = [original.table("__mcount_loc"), original.table("__jump_table")];
      for (const plant of chosen) planted.plant(plant, mcount, jumps);
      // Where kernels are: addresses are no signed words there.
      if (high) planted.damaged.move(0x8000_0000, ["__mcount_loc", table]);
      const { bytes } = planted.damaged;
      expect(told(bytes, false)).toEqual(told(bytes, true));
      if (typeof told(bytes, false) === "string") return;
      for (const kind of again(bytes)) reread.set(kind, (reread.get(kind) ?? 0) + 1);
    },
  );
  fc.assert(property, { seed: 71, numRuns: Number(process.env["FC_RUNS"] ?? 400) });
  for (const kind of ["mcount", "jump_label", "smp_alt", "bug", "pv_table"])
    expect(reread.get(kind), kind).toBeGreaterThan(10);
});

const isas = fc.constantFrom<Isa>("a32", "t32");
const anyAddress = fc.nat(0xffff_ffff).map((address) => (address & ~3) >>> 0);
const decoded = (isa: Isa, word: number, address: number): Insn =>
  isa === "a32" ? decodeA32(word, address) : decodeT32(word >>> 16, word & 0xffff, address);

test("a branch made elsewhere is the codec's branch", () => {
  const kinds = fc.constantFrom("b" as const, "bl" as const);
  const near = fc.tuple(anyAddress, fc.integer({ min: -0x2000010, max: 0x2000010 }));
  const property = fc.property(isas, kinds, near, fc.nat(3), (isa, kind, [address, distance], odd) => {
    const target = (address + distance - (odd === 3 ? 0 : distance % 4)) >>> 0;
    const width = isa === "t32" && kind === "b" ? { width: 4 as const } : {};
    const [first, made] = [address, target].map((to) => encodeBranch({ isa, kind, ...width }, address, to));
    if (!first!.ok) throw new Error("no branch to itself");
    expect(isDirectBranch(isa, first!.insn.word)).toBe(true);
    expect(branchWord(isa, first!.insn.word, address, target)).toBe(made!.ok ? made!.insn.word : undefined);
    expect(branchReaches(isa, 4, address, target)).toBe(made!.ok);
    if (made!.ok) expect(branchWordTarget(isa, made!.insn.word, address)).toBe(target);
    const narrow = encodeBranch({ isa: "t32", kind: "b", width: 2 }, address, (address + (distance >> 12)) >>> 0);
    expect(branchReaches("t32", 2, address, (address + (distance >> 12)) >>> 0)).toBe(narrow.ok);
  });
  fc.assert(property, { seed: 72, numRuns: 3000 });
});

test("a word is called a direct branch only where the codec says so, and goes where it says", () => {
  const property = fc.property(isas, fc.nat(0xffff_ffff), anyAddress, (isa, word, address) => {
    fc.pre(isa === "a32" || word >>> 27 >= 0b11101);
    if (!isDirectBranch(isa, word)) return;
    const insn = decoded(isa, word, address);
    expect(["b", "bl"]).toContain(insn.mnemonic);
    expect(branchWordTarget(isa, word, address)).toBe(effects(insn).branch?.target);
  });
  fc.assert(property, { seed: 73, numRuns: 3000 });
});

/** A call site that was read at an address, and what of it is judged. */
function callSite(isa: Isa, address: number, target: number, judge: TransitionJudge) {
  const [call, traced] = [target, target + 0x40].map((to) => encodeBranch({ isa, kind: "bl" }, address, to));
  if (!call!.ok || !traced!.ok) return undefined;
  const [now, off, on] = [
    written(call!.insn, target),
    written(disabledCall(isa, address)),
    written(traced!.insn, target + 0x40),
  ];
  const changes: Change[] = [
    { name: "boot", from: now, to: off },
    { name: "on", from: off, to: on },
    { name: "off", from: on, to: off },
  ];
  const site: Site = {
    ...{ kind: "mcount", address, section: ".text", isa, symbol: "f", offset: 8, key: null, target, targetSymbol: "g" },
    ...judge.text(now),
    straddles: [],
    transitions: changes.map((change) => judge.judge(change)),
    findings: [],
  };
  const model = SiteModel.of(site, now, changes, { aim: undefined, order: "little" })!;
  return { site, word: now.insn.word, model };
}

test("a change is judged at every site of a model as at the first, or the site is none of it", () => {
  const judge = new TransitionJudge("armv7", "little");
  let [same, other] = [0, 0];
  const target = 0x100000;
  // In T32 the call and what undoes it share a first halfword at some distances: another rule decides then.
  const distances = fc.oneof(fc.integer({ min: 0x1000, max: 0x3ff000 }), fc.integer({ min: 0x10c800, max: 0x10e800 }));
  const property = fc.property(isas, distances, distances, (isa, here, there) => {
    const [one, two] = [here, there].map((distance) => callSite(isa, (target - (distance & ~3)) >>> 0, target, judge));
    if (one === undefined || two === undefined) return;
    const words: number[] = [];
    if (!one.model.wordsInto(words, two.site.address, 0) || !one.model.fits(words, two.word | 0)) {
      other++;
      expect(two.site.transitions.map(({ rule }) => rule)).not.toEqual(one.site.transitions.map(({ rule }) => rule));
      return;
    }
    same++;
    expect(one.model.at(two.site, words)).toEqual(two.site);
  });
  fc.assert(property, { seed: 74, numRuns: 2000 });
  expect(same).toBeGreaterThan(500);
  expect(other).toBeGreaterThan(10);
});

test("what mapping symbols call data, and where no probe may be, is compared with its like alone", () => {
  const image = openElf(memorySource(sampleBytes("sites-arm.elf")));
  const { address } = auditBytes(sampleBytes("sites-arm.elf")).sites[0]!;
  const place = image.locate(address);
  const [names, code] = [new PlaceNames(image), new CodeWords(image)];
  const around = { image, names, isa: "a32" as const, place, symbol: -1, code, listed: {} };
  const likeness = (data: boolean, probeable: boolean) =>
    new SiteModels(image, KIND_RULES.mcount).likeness(around, data, probeable)?.second;
  const all = [likeness(false, false), likeness(false, true), likeness(true, false), likeness(true, true)];
  expect(new Set(all).size).toBe(4);
});
