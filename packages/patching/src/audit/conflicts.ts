import { finding } from "./findings.js";
import type { Finding, SiteKind } from "./report.js";
import { nowhere, type SiteRows } from "./site-rows.js";

/** Findings that more than one site, or the code around it, is needed for; by row of the site. */
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

export function addFinding(to: FindingsBySite, site: number, finding: Finding): void {
  const known = to.get(site);
  if (known === undefined) to.set(site, [finding]);
  else known.push(finding);
}

/** Finds what concerns two sites: a table that names one twice, and two kinds that share bytes. */
export function findConflicts(sites: SiteRows, into: FindingsBySite): void {
  const { address, kind, size } = sites;
  const endOf = (row: number): number => address[row]! + size[row]!;
  for (const group of bySection(sites)) {
    const order = group.sort((a, b) => address[a]! - address[b]!);
    let furthest = -1;
    order.forEach((row, at) => {
      for (let before = at - 1; before >= 0 && address[order[before]!] === address[row]; before--) {
        if (kind[order[before]!] !== kind[row]) continue;
        addFinding(into, row, finding("duplicate", "the table names this site more than once"));
        break;
      }
      if (!written.has(sites.kindOf(row))) return;
      if (furthest >= 0 && address[row]! < endOf(furthest) && kind[row] !== kind[furthest]) {
        for (const [one, other] of [
          [row, furthest],
          [furthest, row],
        ] as const) {
          const where = `0x${address[other]!.toString(16)}`;
          addFinding(into, one, finding("overlap", `shares bytes with a ${sites.kindOf(other)} site at ${where}`));
        }
      }
      if (furthest < 0 || endOf(row) > endOf(furthest)) furthest = row;
    });
  }
}

/** Rows of sites that are in this file, by section. */
function bySection({ length, section }: SiteRows): number[][] {
  const groups = new Map<number, number[]>();
  for (let row = 0; row < length; row++) {
    const index = section[row]!;
    if (index === nowhere.external) continue;
    const group = groups.get(index);
    if (group === undefined) groups.set(index, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}
