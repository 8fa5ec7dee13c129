import { readFileSync } from "node:fs";
import { memorySource, openElf } from "@cmodx/elf";
import { audit, FINDINGS } from "@cmodx/patching";
import { expect, test } from "vitest";
import { sarifBegin, sarifEnd, sarifResults } from "../src/audit/sarif.js";

// What the SARIF 2.1.0 standard requires of each object that we write (sections 3.13 on), checked by hand.

interface SarifLog {
  readonly version: unknown;
  readonly runs: readonly {
    readonly tool: {
      readonly driver: { readonly name: unknown; readonly version: unknown; readonly rules: readonly Rule[] };
    };
    readonly results: readonly Result[];
  }[];
}
interface Rule {
  readonly id: string;
  readonly shortDescription: { readonly text: string };
  readonly defaultConfiguration: { readonly level: string };
}
interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string };
      readonly address: { readonly absoluteAddress?: number; readonly relativeAddress?: number };
    };
  }[];
}

const reportOf = (name: string, path = `samples/${name}`) => {
  const bytes = readFileSync(new URL(`../../../samples/${name}`, import.meta.url));
  return audit(openElf(memorySource(bytes)), { path });
};
const logOf = (...results: string[]) => JSON.parse(`${sarifBegin("1.2.3")}${results.join(",")}${sarifEnd}`) as SarifLog;

test("a log has what the standard requires: version, runs, a named tool, rules, results with message and place", () => {
  const reports = ["sites-thumb2.elf", "sites-thumb2.ko"].map((name) => reportOf(name));
  const log = logOf(...reports.map(sarifResults));
  expect(log.version).toBe("2.1.0");
  expect(log.runs).toHaveLength(1);
  const [{ tool, results }] = log.runs as [SarifLog["runs"][number]];
  expect([tool.driver.name, tool.driver.version]).toEqual(["cmodx", "1.2.3"]);
  expect(tool.driver.rules.map(({ id }) => id)).toEqual(Object.keys(FINDINGS));
  expect(new Set(tool.driver.rules.map(({ id }) => id)).size).toBe(tool.driver.rules.length);
  for (const { defaultConfiguration, shortDescription } of tool.driver.rules) {
    expect(["none", "note", "warning", "error"]).toContain(defaultConfiguration.level);
    expect(shortDescription.text).not.toBe("");
  }
  const findings = reports.flatMap(({ sites }) => sites.flatMap((site) => site.findings));
  expect(results.map(({ ruleId, level }) => [ruleId, level])).toEqual(findings.map(({ id, level }) => [id, level]));
  for (const { ruleId, ruleIndex, message, locations } of results) {
    expect(tool.driver.rules[ruleIndex]!.id).toBe(ruleId);
    expect(message.text).not.toBe("");
    const { artifactLocation, address } = locations[0]!.physicalLocation;
    expect(artifactLocation.uri).toMatch(/^samples\/sites-thumb2\.(elf|ko)$/);
    // Of the sections of a module nobody knows the address yet.
    const known = artifactLocation.uri.endsWith(".ko") ? address.relativeAddress : address.absoluteAddress;
    expect(Number.isInteger(known)).toBe(true);
  }
});

test("a path becomes a URI, and no finding an empty list", () => {
  const [result] = logOf(sarifResults(reportOf("sites-thumb2.elf", "a b/50%.elf"))).runs[0]!.results;
  expect(result!.locations[0]!.physicalLocation.artifactLocation.uri).toBe("a%20b/50%25.elf");
  expect(logOf(sarifResults({ ...reportOf("sites-arm.elf"), sites: [] })).runs[0]!.results).toEqual([]);
});
