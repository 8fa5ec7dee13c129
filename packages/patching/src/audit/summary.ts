import type { Boundary } from "../edit.js";
import type { CheckVerdict } from "../rules/check.js";
import { KIND_RULES } from "./kinds.js";
import type { KindSummary, Site, SiteKind } from "./report.js";

type Counts = Record<string, number>;

/** Counts sites by kind. */
export class Summaries {
  readonly #byKind: Partial<Record<SiteKind, Growing>> = {};

  add(site: Site): void {
    let counts = this.#byKind[site.kind];
    if (counts === undefined) {
      const straddle = { word: 0, line32: 0, line64: 0, page: 0 };
      counts = { sites: 0, byForm: {}, straddle, verdicts: {}, findings: 0, findingsById: {} };
      this.#byKind[site.kind] = counts;
    }
    counts.sites++;
    add(counts.byForm, formOf(site));
    for (const boundary of site.straddles) counts.straddle[boundary]++;
    for (const { name, verdict } of site.transitions) {
      counts.verdicts[name] ??= {};
      counts.verdicts[name][verdict] = (counts.verdicts[name][verdict] ?? 0) + 1;
    }
    for (const { id } of site.findings) add(counts.findingsById, id);
    counts.findings += site.findings.length;
  }

  /** One summary for each kind that has a site, in the order in which the first of each came. */
  get all(): Partial<Record<SiteKind, KindSummary>> {
    return this.#byKind;
  }
}

interface Growing extends KindSummary {
  sites: number;
  readonly byForm: Counts;
  readonly straddle: Record<Boundary, number>;
  readonly verdicts: Record<string, Partial<Record<CheckVerdict, number>>>;
  findings: number;
  readonly findingsById: Counts;
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
