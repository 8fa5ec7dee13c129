import type { CheckVerdict } from "../rules/check.js";
import { KIND_RULES } from "./kinds.js";
import type { KindSummary, Site, SiteKind } from "./report.js";

/** Counts sites by kind. */
export class Summaries {
  readonly #byKind = new Map<SiteKind, Counts>();

  /** @param times - how many such sites there are */
  add(site: Site, times: number): void {
    let counts = this.#byKind.get(site.kind);
    if (counts === undefined) {
      counts = new Counts(KIND_RULES[site.kind].content === "data");
      this.#byKind.set(site.kind, counts);
    }
    counts.add(site, times);
  }

  /** One summary for each kind that has a site, in the order in which the first of each came. */
  get all(): Partial<Record<SiteKind, KindSummary>> {
    return Object.fromEntries([...this.#byKind].map(([kind, counts]) => [kind, counts.summary]));
  }
}

/** Of one kind. */
class Counts {
  readonly #forms = new Map<string, number>();
  readonly #straddle = { word: 0, line32: 0, line64: 0, page: 0 };
  readonly #verdicts = new Map<string, Map<CheckVerdict, number>>();
  readonly #findings = new Map<string, number>();
  /** These sites are no code. */
  readonly #data: boolean;
  #sites = 0;

  constructor(data: boolean) {
    this.#data = data;
  }

  add(site: Site, times: number): void {
    this.#sites += times;
    count(this.#forms, this.#data ? "data" : formOf(site), times);
    for (const boundary of site.straddles) this.#straddle[boundary] += times;
    for (const { name, verdict } of site.transitions) {
      let verdicts = this.#verdicts.get(name);
      if (verdicts === undefined) {
        verdicts = new Map();
        this.#verdicts.set(name, verdicts);
      }
      count(verdicts, verdict, times);
    }
    for (const { id } of site.findings) count(this.#findings, id, times);
  }

  get summary(): KindSummary {
    const verdicts = [...this.#verdicts].map(([name, counts]) => [name, Object.fromEntries(counts)]);
    return {
      sites: this.#sites,
      byForm: Object.fromEntries(this.#forms),
      straddle: this.#straddle,
      verdicts: Object.fromEntries(verdicts),
      findings: [...this.#findings.values()].reduce((sum, findings) => sum + findings, 0),
      findingsById: Object.fromEntries(this.#findings),
    };
  }
}

/** `data` for what is no code, `unknown` where the instruction set is not known, otherwise the mnemonic. */
function formOf({ isa, text, findings }: Site): string {
  for (const { id } of findings) if (id === "data-site") return "data";
  if (isa === null || text === null) return "unknown";
  let end = 0;
  while (end < text.length && text[end] !== " " && text[end] !== "." && text[end] !== "\t") end++;
  return text.slice(0, end);
}

function count<Name>(counts: Map<Name, number>, name: Name, times: number): void {
  counts.set(name, (counts.get(name) ?? 0) + times);
}
