import { decodeA32, decodeT32 } from "@cmodx/codec";
import { ElfError } from "@cmodx/elf";
import { check } from "@cmodx/patching";
import fc from "fast-check";
import { expect, test } from "vitest";
import { codeHex, insnOf } from "../../src/audit/image-code.js";
import { TransitionJudge } from "../../src/audit/transition-judge.js";
import { auditBytes, sampleBytes, sampleNames } from "./samples.js";

const word = fc.integer({ min: 0, max: 0xffff_ffff });
/** Words of the kinds that rules are about, with any operands, among words of any kind. */
const a32Words = fc.oneof(
  word,
  fc
    .tuple(fc.constantFrom(0xea000000, 0xeb000000, 0x0a000000, 0xef000000), fc.nat(0xff_ffff))
    .map(([op, imm]) => op + imm),
  // Branches that differ in condition, in target, in both: some mixtures are no instruction that anybody wrote.
  fc.tuple(fc.constantFrom(0x0a, 0xea, 0xeb), fc.constantFrom(0, 1, 0x1_0000)).map(([op, imm]) => op * 2 ** 24 + imm),
  fc.constantFrom(0xe320f000, 0xe1a00000, 0xe28dd004, 0xe7f001f8, 0xf57ff06f),
);
const t32Words = fc.oneof(
  word,
  fc
    .tuple(fc.constantFrom(0xf0009000, 0xf000d000, 0xf000c000, 0xf0008000), fc.nat(0x3ff), fc.nat(0x7ff))
    .map(([op, imm10, imm11]) => (op | (imm10 << 16) | imm11) >>> 0),
  fc.constantFrom(0xf3af8000, 0xf10d0d04, 0xbf000000, 0xe0010000, 0xbe000000, 0xdf000000, 0x47700000),
);
const addresses = fc.integer({ min: 0, max: 8192 }).map((n) => 0x8000 + n * 2);
const architectures = fc.constantFrom("armv7" as const, "armv8-aarch32" as const);

test("a judge that remembers answers by class answers as check does, edit by edit", () => {
  const judges = {
    armv7: new TransitionJudge("armv7", "little"),
    "armv8-aarch32": new TransitionJudge("armv8-aarch32", "little"),
  };
  const verdicts = new Set<string>();
  const edits = fc.oneof(
    fc
      .tuple(a32Words, a32Words, addresses)
      .map(([a, b, address]) => [decodeA32(a, address), decodeA32(b, address)] as const),
    fc
      .tuple(t32Words, t32Words, addresses)
      .map(([a, b, at]) => [decodeT32(a >>> 16, a & 0xffff, at), decodeT32(b >>> 16, b & 0xffff, at)] as const),
  );
  const property = fc.property(edits, architectures, ([from, to], architecture) => {
    const edit = { isa: from.isa, address: from.address, from, to };
    const { verdict, rule, protocols } = check(edit, { architecture });
    const judged = judges[architecture].judge({ name: "any", from: { insn: from }, to: { insn: to } });
    const protocol = protocols.find(({ sound }) => sound)?.name ?? null;
    expect([judged.verdict, judged.rule, judged.protocol]).toEqual([verdict, rule.id, protocol]);
    verdicts.add(`${verdict} ${rule.id}`);
  });
  fc.assert(property, { seed: 35, numRuns: Number(process.env["FC_RUNS"] ?? 4000) });
  expect(verdicts.size).toBeGreaterThan(8);
});

test("an instruction's hex is its bytes in memory, in either byte order of code", () => {
  const insns = fc.oneof(
    a32Words.map((w) => decodeA32(w, 0x8000)),
    t32Words.map((w) => decodeT32(w >>> 16, w & 0xffff, 0x8000)),
  );
  const property = fc.property(insns, fc.constantFrom("little" as const, "big" as const), (insn, order) => {
    const bytes = Uint8Array.from(Buffer.from(codeHex(insn, order), "hex"));
    expect(bytes.length).toBe(insn.size);
    expect(insnOf(bytes, insn.isa, 0x8000, order)?.word).toBe(insn.word);
  });
  fc.assert(property, { seed: 9, numRuns: 500 });
  expect(codeHex(decodeA32(0xe320f000), "little")).toBe("00f020e3");
  expect(codeHex(decodeA32(0xe320f000), "big")).toBe("e320f000");
  expect(codeHex(decodeT32(0xf3af, 0x8000), "little")).toBe("aff30080");
  expect(codeHex(decodeT32(0xf3af, 0x8000), "big")).toBe("f3af8000");
  expect(codeHex(decodeT32(0xbf00, 0), "big")).toBe("bf00");
});

test("a damaged image is audited or refused by an ElfError", () => {
  const files = sampleNames.map((name) => sampleBytes(name));
  const values = fc.oneof(fc.constantFrom(0, 1, 2, 0xffff, 0x7fff_ffff, 0xffff_ffff), fc.nat(4000), word);
  const changes = fc.array(fc.tuple(fc.nat(), values), { minLength: 1, maxLength: 5 });
  const property = fc.property(fc.constantFrom(...files), changes, (original, edits) => {
    const bytes = original.slice();
    const view = new DataView(bytes.buffer);
    for (const [at, value] of edits) view.setUint32((at % (bytes.length >> 2)) * 4, value, bytes[5] === 1);
    try {
      auditBytes(bytes);
    } catch (error) {
      if (!(error instanceof ElfError)) throw error;
    }
  });
  fc.assert(property, { seed: 8, numRuns: Number(process.env["FC_RUNS"] ?? 1500) });
});
