import { readFileSync } from "node:fs";
import { memorySource, openElf } from "@cmodx/elf";
import { audit } from "@cmodx/patching";
import fc from "fast-check";
import { expect, test } from "vitest";
import { auditJson } from "../src/audit/json.js";
import { JsonBytes } from "../src/audit/json-bytes.js";
import type { LinedSite } from "../src/audit/read-report.js";
import { SiteJson } from "../src/audit/site-json.js";

/** Each piece is copied when it comes: it may be written over behind that. */
const textOf = (pieces: Iterable<string | Uint8Array>): string =>
  Buffer.concat(Array.from(pieces, (piece) => Buffer.from(piece as Uint8Array))).toString();
const imageOf = (name: string) =>
  openElf(memorySource(readFileSync(new URL(`../../../samples/${name}`, import.meta.url))));

test.each(["sites-arm.elf", "sites-thumb2.elf", "sites-thumb2-be8.elf", "sites-arm.ko", "kernel-thumb2.elf"])(
  "the document of %s is what JSON.stringify makes of the report",
  (name) => {
    const report = audit(imageOf(name), { path: name });
    const { pieces, hasError } = auditJson(imageOf(name), name, {}, false);
    expect(textOf(pieces)).toBe(`${JSON.stringify(report)}\n`);
    expect(hasError).toBe(report.sites.some(({ findings }) => findings.some(({ level }) => level === "error")));
    const found = report.sites.filter(({ findings }) => findings.length > 0);
    expect(textOf(auditJson(imageOf(name), name, {}, true).pieces)).toBe(
      `${JSON.stringify({ ...report, sites: found })}\n`,
    );
  },
);

const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.string({ minLength: 60, maxLength: 200 }));
const number = fc.oneof(fc.nat(), fc.integer(), fc.integer({ min: 0, max: 2 ** 32 }), fc.double());
const orNull = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value, { nil: null });
const verdicts = fc.constantFrom(...(["concurrent", "synchronise", "invalid"] as const));
const insn = fc.record({ bytes: orNull(anyText), text: anyText });
// Some share their verdicts and differ in the rest: what is remembered of the ones must not be told of the others.
const shared = { armv7: "concurrent", "armv8-aarch32": "synchronise" } as const;
const transition = fc.record({
  name: anyText,
  from: insn,
  to: insn,
  verdict: verdicts,
  rule: fc.constantFrom("a", 'b"'),
  protocol: orNull(fc.constantFrom("stop-machine", "sync-cores")),
  verdicts: fc.oneof(fc.constant(shared), fc.record({ armv7: verdicts, "armv8-aarch32": verdicts })),
});
const site = fc.record({
  kind: anyText,
  address: number,
  section: orNull(anyText),
  isa: orNull(fc.constantFrom("a32", "t32")),
  bytes: orNull(anyText),
  text: orNull(anyText),
  symbol: orNull(anyText),
  offset: orNull(number),
  key: orNull(
    fc.record({
      symbol: orNull(anyText),
      address: orNull(number),
      section: orNull(anyText),
      likely: fc.boolean(),
      init: fc.boolean(),
    }),
  ),
  target: orNull(number),
  targetSymbol: orNull(anyText),
  straddles: fc.array(fc.constantFrom("word", "line32", "line64", "page")),
  transitions: fc.array(transition, { maxLength: 3 }),
  findings: fc.array(fc.record({ id: anyText, level: anyText, message: anyText }), { maxLength: 2 }),
});
const lined = fc
  .tuple(site, fc.option(fc.record({ file: orNull(anyText), line: orNull(number) })))
  .map(([one, line]) => ({ ...one, ...line }) as unknown as LinedSite);

test("a site of any values is written as JSON.stringify writes it", () => {
  fc.assert(
    fc.property(fc.array(lined, { maxLength: 8 }), (sites) => {
      const out = new JsonBytes();
      const json = new SiteJson(out);
      for (const each of sites) json.write(each);
      expect(textOf(out.pieces)).toBe(sites.map((each) => JSON.stringify(each)).join(""));
    }),
    { numRuns: 300 },
  );
});

test("pieces end wherever they are full, and a string larger than one is written whole", () => {
  const texts = ["x".repeat(65_533), "y".repeat(70_000), "é".repeat(40_000), "z".repeat(30), "\n".repeat(20_000)];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...texts), { maxLength: 12 }), fc.nat(65_536), (chosen, before) => {
      const out = new JsonBytes();
      const spaces = new Uint8Array(before).fill(0x20);
      out.encoded(spaces);
      for (const text of chosen) out.string(text);
      expect(textOf(out.pieces)).toBe(" ".repeat(before) + chosen.map((text) => JSON.stringify(text)).join(""));
    }),
    { numRuns: 100 },
  );
});

test("bytes in hand are a string where JSON has them as they are, otherwise nothing is written", () => {
  fc.assert(
    fc.property(anyText, fc.nat(65_536), fc.nat(3), (text, before, apart) => {
      const out = new JsonBytes();
      out.encoded(new Uint8Array(before).fill(0x20));
      const name = new TextEncoder().encode(text);
      const table = new Uint8Array(apart + name.length + 1);
      table.set(name, apart);
      const written = out.plain(table, apart, apart + name.length);
      const json = JSON.stringify(text);
      expect(written).toBe(json === `"${text}"` && /^[ -~]*$/.test(text));
      expect(textOf(out.pieces)).toBe(" ".repeat(before) + (written ? json : ""));
    }),
    { numRuns: 500 },
  );
});

test("what was handed out is filled again, and nothing of it is left behind", () => {
  const values = fc.array(fc.constantFrom("x".repeat(40_000), "é".repeat(40_000), "a", "b".repeat(65_000)), {
    maxLength: 9,
  });
  fc.assert(
    fc.property(fc.array(values, { maxLength: 4 }), (rounds) => {
      const out = new JsonBytes();
      for (const round of rounds) {
        for (const text of round) out.string(text);
        expect(textOf(out.pieces)).toBe(round.map((text) => JSON.stringify(text)).join(""));
        out.clear();
      }
    }),
    { numRuns: 100 },
  );
});
