import type { CheckVerdict } from "../rules/check.js";
import { KIND_RULES } from "./kinds.js";
import type { KindSummary, Site, SiteKind } from "./report.js";

type Counts = Record<string, number>;

/** One summary for each kind that has a site. */
export function summarise(sites: readonly Site[]): Partial<Record<SiteKind, KindSummary>> {
  const summaries: Partial<Record<SiteKind, KindSummary>> = {};
  const kinds = groupByKind(sites);
  for (const [kind, members] of kinds) summaries[kind] = summaryOf(members);
  return summaries;
}

function groupByKind(sites: readonly Site[]): Map<SiteKind, Site[]> {
  const groups = new Map<SiteKind, Site[]>();
  for (const site of sites) {
    const group = groups.get(site.kind);
    if (group === undefined) groups.set(site.kind, [site]);
    else group.push(site);
  }
  return groups;
}

function summaryOf(sites: readonly Site[]): KindSummary {
  const byForm: Counts = {};
  const straddle = { word: 0, line32: 0, line64: 0, page: 0 };
  const verdicts: Record<string, Partial<Record<CheckVerdict, number>>> = {};
  const findingsById: Counts = {};
  let findings = 0;
  for (const site of sites) {
    add(byForm, formOf(site));
    for (const boundary of site.straddles) straddle[boundary]++;
    for (const { name, verdict } of site.transitions) {
      verdicts[name] ??= {};
      verdicts[name][verdict] = (verdicts[name][verdict] ?? 0) + 1;
    }
    for (const { id } of site.findings) add(findingsById, id);
    findings += site.findings.length;
  }
  return { sites: sites.length, byForm, straddle, verdicts, findings, findingsById };
}

/** `data` for what is no code, `unknown` where the instruction set is not known, otherwise the mnemonic. */
function formOf({ kind, isa, text, findings }: Site): string {
  if (KIND_RULES[kind].content === "data" || findings.some(({ id }) => id === "data-site")) return "data";
  if (isa === null || text === null) return "unknown";
  let end = 0;
  while (end < text.length && text[end] !== " " && text[end] !== "." && text[end] !== "\t") end++;
  return text.slice(0, end);
}

function add(counts: Counts, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
