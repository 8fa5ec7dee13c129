import { finding } from "./findings.js";
import type { Finding, Site, SiteKind } from "./report.js";

/** Kinds whose sites are written while the system runs: two of these must not share a byte. */
const written: ReadonlySet<SiteKind> = new Set(["mcount", "jump_label", "smp_alt", "pv_table"]);

/** Adds the findings about two sites: a table that names one twice, and two kinds that share bytes. */
export function withConflicts(sites: readonly Site[]): Site[] {
  const result = [...sites];
  const add = (i: number, more: Finding): void => {
    result[i] = { ...result[i]!, findings: [...result[i]!.findings, more] };
  };
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
  return result;
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
