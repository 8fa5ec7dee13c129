import type { AuditReport, KindSummary, Site, SiteKind } from "@cmodx/patching";
import { EXIT, type Exit } from "../frame/io.js";

/** A site as a comparison names it. */
export interface SiteName {
  readonly kind: SiteKind;
  readonly address: number;
  readonly section: string | null;
  readonly symbol: string | null;
  readonly offset: number | null;
  readonly key: string | null;
}

interface ChangedSite {
  readonly kind: SiteKind;
  readonly symbol: string | null;
  readonly old: SiteName;
  readonly new: SiteName;
  /** What differs: `form`, `isa`, `straddles`, `likely`, `verdicts`, `findings`. */
  readonly what: readonly string[];
}

interface KeyChange {
  readonly symbol: string;
  /** Machine stops to switch it. */
  readonly old: number;
  readonly new: number;
}

/** What `cmodx audit --diff --json` prints. */
export interface AuditDiff {
  readonly schema: "cmodx/audit-diff/1";
  readonly old: AuditReport["image"];
  readonly new: AuditReport["image"];
  readonly summary: Readonly<
    Partial<Record<SiteKind, { old: number; new: number; gained: number; lost: number; changed: number }>>
  >;
  readonly gained: readonly SiteName[];
  readonly lost: readonly SiteName[];
  readonly changed: readonly ChangedSite[];
  /** Keys whose cost differs. */
  readonly keys: readonly KeyChange[];
  /** Findings of level error in the new image. */
  readonly errors: number;
}

/**
 * Compares the sites of two builds. Addresses move from build to build, so a site is known by its kind, its function, its key
 * and how many such sites come before it there.
 */
export function compareAudits(before: AuditReport, after: AuditReport): AuditDiff {
  const [olds, news] = [groups(before.sites), groups(after.sites)];
  const gained: SiteName[] = [];
  const lost: SiteName[] = [];
  const changed: ChangedSite[] = [];
  for (const id of new Set([...olds.keys(), ...news.keys()])) {
    const [a, b] = [olds.get(id) ?? [], news.get(id) ?? []];
    const both = Math.min(a.length, b.length);
    for (let i = 0; i < both; i++) {
      const what = differences(a[i]!, b[i]!);
      const { kind, symbol } = a[i]!;
      if (what.length > 0) changed.push({ kind, symbol, old: nameOf(a[i]!), new: nameOf(b[i]!), what });
    }
    for (const site of a.slice(both)) lost.push(nameOf(site));
    for (const site of b.slice(both)) gained.push(nameOf(site));
  }
  const kinds = new Set([...Object.keys(before.summary), ...Object.keys(after.summary)] as SiteKind[]);
  const of = (kind: SiteKind, sites: readonly { kind: SiteKind }[]) =>
    sites.filter((site) => site.kind === kind).length;
  const total = (summary: AuditReport["summary"], kind: SiteKind) =>
    (summary[kind] as KindSummary | undefined)?.sites ?? 0;
  return {
    schema: "cmodx/audit-diff/1",
    old: before.image,
    new: after.image,
    summary: Object.fromEntries(
      [...kinds].map((kind) => [
        kind,
        {
          old: total(before.summary, kind),
          new: total(after.summary, kind),
          gained: of(kind, gained),
          lost: of(kind, lost),
          changed: of(kind, changed),
        },
      ]),
    ),
    gained,
    lost,
    changed,
    keys: keyChanges(before, after),
    errors: after.sites.flatMap(({ findings }) => findings).filter(({ level }) => level === "error").length,
  };
}

export function diffExit({ errors }: AuditDiff): Exit {
  return errors > 0 ? EXIT.bad : EXIT.good;
}

function groups(sites: readonly Site[]): Map<string, Site[]> {
  const found = new Map<string, Site[]>();
  for (const site of sites) {
    const id = `${site.kind}\n${site.section}\n${site.symbol}\n${site.key?.symbol}`;
    const group = found.get(id);
    if (group === undefined) found.set(id, [site]);
    else group.push(site);
  }
  return found;
}

function differences(a: Site, b: Site): string[] {
  const form = ({ text }: Site) => text?.split(/[\s.]/, 1)[0] ?? null;
  const verdicts = ({ transitions }: Site) => transitions.map(({ name, verdict }) => `${name}: ${verdict}`).join();
  const ids = ({ findings }: Site) => findings.map(({ id }) => id).join();
  return [
    ["form", form(a) === form(b)] as const,
    ["isa", a.isa === b.isa] as const,
    ["straddles", a.straddles.join() === b.straddles.join()] as const,
    ["likely", a.key?.likely === b.key?.likely] as const,
    ["verdicts", verdicts(a) === verdicts(b)] as const,
    ["findings", ids(a) === ids(b)] as const,
  ].flatMap(([what, same]) => (same ? [] : [what]));
}

function nameOf({ kind, address, section, symbol, offset, key }: Site): SiteName {
  return { kind, address, section, symbol, offset, key: key?.symbol ?? null };
}

/** By name: keys of one name (local ones, as `descriptor`) are counted together. */
function keyChanges(before: AuditReport, after: AuditReport): KeyChange[] {
  const stops = ({ keys }: AuditReport): Map<string, number> => {
    const sums = new Map<string, number>();
    for (const { symbol, stops } of keys) if (symbol !== null) sums.set(symbol, (sums.get(symbol) ?? 0) + stops);
    return sums;
  };
  const [olds, news] = [stops(before), stops(after)];
  return [...new Set([...olds.keys(), ...news.keys()])]
    .map((symbol) => ({ symbol, old: olds.get(symbol) ?? 0, new: news.get(symbol) ?? 0 }))
    .filter((change) => change.old !== change.new)
    .sort((a, b) => Math.abs(b.new - b.old) - Math.abs(a.new - a.old));
}
