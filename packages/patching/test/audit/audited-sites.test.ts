import { memorySource, openElf } from "@cmodx/elf";
import { type AuditReport, auditSites, type Site } from "@cmodx/patching";
import { expect, test } from "vitest";
import { auditSample, Damaged, sampleBytes, sampleNames } from "./samples.js";

test.each(sampleNames)("the sites of %s are shown in any parts, and with names as the file has them", (name) => {
  const expected = auditSample(name);
  const image = openElf(memorySource(sampleBytes(name)));
  const { report, length, show, some } = auditSites(image, { path: "sample" });
  expect({ ...report, sites: expected.sites }).toEqual(expected);
  expect(length).toBe(expected.sites.length);
  for (const step of [1, 3, length]) {
    const sites: Site[] = [];
    for (let from = 0; from < length; from += step) {
      show(from, from + step, ({ site, address, symbol, offset, key, target, targetSymbol, name }) => {
        expect({ ...site, address, symbol, offset, key, target, targetSymbol }).toEqual(site);
        if (name !== undefined) {
          expect(Buffer.from(name.bytes.subarray(name.start, name.end)).toString()).toBe(symbol);
        }
        sites.push(site);
      });
    }
    expect(sites).toEqual(expected.sites);
  }
  const kinds = new Set(expected.sites.map(({ kind }) => kind));
  for (const kind of ["mcount", "jump_label", "bug"] as const) {
    expect(some((site) => site.kind === kind)).toBe(kinds.has(kind));
  }
});

test("a name without an end is told of before any site is shown", () => {
  const damaged = new Damaged("sites-arm.elf");
  const { symbols } = damaged.image;
  const last = auditSample("sites-arm.elf", { kinds: ["mcount"] }).sites.at(-1)!;
  const index = symbols.find(last.symbol!);
  // The table of names ends within this one: then the names behind it are none.
  const header = damaged.image.sections.find(
    ({ type, index: at }) => type === 3 && damaged.image.sections[at]?.name === ".strtab",
  )!;
  damaged.write(header.headerOffset + 20, symbols.nameOffset[index]! + 2);
  const image = openElf(memorySource(damaged.bytes));
  expect(() => auditSites(image, { path: "sample", kinds: ["mcount"] })).toThrow("has no end");
});

test.each(["sites-arm.elf", "sites-thumb2.elf", "sites-thumb2-be8.elf"] as const)(
  "what is said of %s is the same where kernels are, but for the addresses",
  (name) => {
    const plain = ({ sites, ...rest }: AuditReport): unknown => ({
      rest: { ...rest, keys: rest.keys.map(({ address, ...key }) => key) },
      sites: sites.map(({ address, target, key, text, transitions, ...site }) => ({
        site,
        address: address & 0x7fff_ffff,
        verdicts: transitions.map(({ from, to, ...transition }) => ({ bytes: [from.bytes, to.bytes], transition })),
      })),
    });
    const moved = new Damaged(name).move(0x8000_0000, ["__mcount_loc", "__jump_table"]).report();
    expect(moved.sites.every(({ address }) => address >= 0x8000_0000)).toBe(true);
    expect(plain(moved)).toEqual(plain(auditSample(name)));
  },
);
