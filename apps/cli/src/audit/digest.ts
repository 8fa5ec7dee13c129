import type { AuditReport, Finding, KindSummary, SiteKind } from "@cmodx/patching";

/** How often one change is made and gets one answer. */
interface ChangeCount {
  readonly kind: SiteKind;
  readonly name: string;
  /** Mnemonics before and after; empty for a kind that has too many. */
  readonly what: string;
  readonly verdict: string;
  readonly rule: string;
  readonly protocol: string;
  n: number;
}

interface FindingCount {
  readonly kind: SiteKind;
  readonly level: Finding["level"];
  readonly id: Finding["id"];
  n: number;
}

/** What a person wants to know of many sites at once; that of several images can be added up. */
export interface Digest {
  readonly summary: Partial<Record<SiteKind, KindSummary>>;
  readonly changes: Map<string, ChangeCount>;
  readonly findings: Map<string, FindingCount>;
}

export function emptyDigest(): Digest {
  return { summary: {}, changes: new Map(), findings: new Map() };
}

export function digestOf({ sites, summary }: AuditReport): Digest {
  const digest: Digest = { summary: { ...summary }, changes: new Map(), findings: new Map() };
  for (const { kind, transitions, findings } of sites) {
    for (const { name, from, to, verdict, rule, protocol } of transitions) {
      const what = kind === "smp_alt" ? "" : [from.text, to.text].map((text) => text.split(" ", 1)[0]).join(" -> ");
      count(digest.changes, { kind, name, what, verdict, rule, protocol: protocol ?? "none", n: 1 });
    }
    for (const { id, level } of findings) count(digest.findings, { kind, level, id, n: 1 });
  }
  return digest;
}

/** Adds `more` to `sum`. */
export function addDigest(sum: Digest, more: Digest): void {
  for (const row of more.changes.values()) count(sum.changes, row);
  for (const row of more.findings.values()) count(sum.findings, row);
  for (const [kind, summary] of Object.entries(more.summary) as [SiteKind, KindSummary][]) {
    const known = sum.summary[kind];
    sum.summary[kind] = known === undefined ? summary : (added(known, summary) as unknown as KindSummary);
  }
}

function count<Row extends { n: number }>(rows: Map<string, Row>, row: Row): void {
  const { n, ...what } = row;
  const id = Object.values(what).join("/");
  const known = rows.get(id);
  if (known === undefined) rows.set(id, { ...row });
  else known.n += n;
}

type Counts = number | { readonly [name: string]: Counts };

/** A summary is counts all the way down. */
function added(a: unknown, b: unknown): Counts {
  if (typeof a === "number" || typeof b === "number") return ((a as number) ?? 0) + ((b as number) ?? 0);
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      left[name] === undefined
        ? (right[name] as Counts)
        : right[name] === undefined
          ? (left[name] as Counts)
          : added(left[name], right[name]),
    ]),
  );
}
