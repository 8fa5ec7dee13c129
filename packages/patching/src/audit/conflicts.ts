import { finding } from "./findings.js";
import type { Finding, Site, SiteKind } from "./report.js";

/** Findings that more than one site, or the code around it, is needed for; by index of the site. */
export type FindingsBySite = Map<number, Finding[]>;

/** Kinds whose sites are written while the system runs: two of these must not share a byte. */
export const written: ReadonlySet<SiteKind> = new Set([
  "mcount",
  "jump_label",
  "smp_alt",
  "pv_table",
  "ftrace_call",
  "idiv",
]);

/** The sites with further findings. */
export function withFindings(sites: readonly Site[], more: FindingsBySite): Site[] {
  const result = [...sites];
  for (const [i, findings] of more) result[i] = { ...result[i]!, findings: [...result[i]!.findings, ...findings] };
  return result;
}

export function addFinding(to: FindingsBySite, site: number, finding: Finding): void {
  const known = to.get(site);
  if (known === undefined) to.set(site, [finding]);
  else known.push(finding);
}

/** Finds what concerns two sites: a table that names one twice, and two kinds that share bytes. */
export function findConflicts(sites: readonly Site[], into: FindingsBySite): void {
  const add = (i: number, more: Finding): void => addFinding(into, i, more);
  for (const group of bySection(sites)) {
    const order = group.sort((a, b) => sites[a]!.address - sites[b]!.address);
    let furthest = -1;
    order.forEach((i, at) => {
      const site = sites[i]!;
      for (let before = at - 1; before >= 0 && sites[order[before]!]!.address === site.address; before--) {
        if (sites[order[before]!]!.kind !== site.kind) continue;
        add(i, finding("duplicate", "the table names this site more than once"));
        break;
      }
      if (!written.has(site.kind)) return;
      const other = furthest < 0 ? undefined : sites[furthest]!;
      if (other !== undefined && site.address < endOf(other) && site.kind !== other.kind) {
        for (const [index, { kind, address }] of [
          [i, other],
          [furthest, site],
        ] as const) {
          add(index, finding("overlap", `shares bytes with a ${kind} site at 0x${address.toString(16)}`));
        }
      }
      if (other === undefined || endOf(site) > endOf(other)) furthest = i;
    });
  }
}

/** Indices of sites that are in this file, by section. */
function bySection(sites: readonly Site[]): number[][] {
  const groups = new Map<string | null, number[]>();
  sites.forEach(({ section }, i) => {
    const group = groups.get(section);
    if (group === undefined) groups.set(section, [i]);
    else group.push(i);
  });
  return [...groups.values()];
}

function endOf(site: Site): number {
  return site.address + (site.bytes?.length ?? 0) / 2;
}
