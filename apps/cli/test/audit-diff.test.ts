import { readFileSync } from "node:fs";
import { memorySource, openElf } from "@cmodx/elf";
import { type AuditReport, audit } from "@cmodx/patching";
import { expect, test } from "vitest";
import { compareAudits, diffExit } from "../src/audit/diff.js";

const bytes = readFileSync(new URL("../../../samples/sites-thumb2.elf", import.meta.url));
const report = audit(openElf(memorySource(bytes)), { path: "a.elf" });
const moved: AuditReport = {
  ...report,
  sites: report.sites.map((site) => ({ ...site, address: site.address + 0x1000, offset: (site.offset ?? 0) + 8 })),
};

test("two builds that differ in addresses alone differ in nothing", () => {
  const diff = compareAudits(report, moved);
  expect([diff.gained, diff.lost, diff.changed, diff.keys, diff.errors]).toEqual([[], [], [], [], 0]);
  expect(diff.summary.jump_label).toEqual({ old: 6, new: 6, gained: 0, lost: 0, changed: 0 });
});

test("a site that is gone is lost one way and gained the other, in its function", () => {
  const without = { ...moved, sites: moved.sites.filter(({ kind, symbol }) => kind !== "mcount" || symbol !== "mix") };
  expect(compareAudits(report, without)).toMatchObject({ gained: [], lost: [{ kind: "mcount", symbol: "mix" }] });
  expect(compareAudits(without, report)).toMatchObject({ gained: [{ kind: "mcount", symbol: "mix" }], lost: [] });
});

test("what a site has changed in is told; a key whose cost differs too; an error in the new image is bad", () => {
  const bad = { id: "misaligned", level: "error", message: "" } as const;
  const changed: AuditReport = {
    ...moved,
    keys: report.keys.map((key) => (key.symbol === "trace_key" ? { ...key, stops: 300 } : key)),
    sites: moved.sites.map((site) =>
      site.kind === "mcount" && site.symbol === "square" ? { ...site, isa: "a32" as const, findings: [bad] } : site,
    ),
  };
  const diff = compareAudits(report, changed);
  expect(diff.changed.map(({ symbol, what }) => [symbol, what])).toEqual([["square", ["isa", "findings"]]]);
  expect(diff.keys).toEqual([{ symbol: "trace_key", old: 3, new: 300 }]);
  expect([diff.errors, diffExit(diff), diffExit(compareAudits(changed, report))]).toEqual([1, 1, 0]);
});
