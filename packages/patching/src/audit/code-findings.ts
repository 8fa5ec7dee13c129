import type { SiteFacts } from "./code-scan.js";
import { addFinding, type FindingsBySite } from "./conflicts.js";
import { finding } from "./findings.js";
import type { SiteRows } from "./site-rows.js";

const hex = (address: number): string => `0x${address.toString(16)}`;

/** The findings that come from the code around the sites. */
export function findInCode(sites: SiteRows, facts: ReadonlyMap<number, SiteFacts>, into: FindingsBySite): void {
  for (const [row, { inside, inItBlock, entered, read }] of facts) {
    const kind = sites.kindOf(row);
    const add = (id: Parameters<typeof finding>[0], message: string): void =>
      addFinding(into, row, finding(id, message));
    // A site that is data, or at an address where no instruction can be, is told so already.
    const isData = sites.data[row] === 1 || sites.address[row]! % (sites.isa(row) === "a32" ? 4 : 2) !== 0;
    // The two words of a division helper are replaced together; in Thumb the second need not begin an instruction.
    if (inside && !isData && kind !== "idiv") add("not-boundary", "the site is the second half of an instruction");
    if (inItBlock && (kind === "mcount" || kind === "jump_label"))
      add("in-it-block", "an IT instruction governs the site");
    if (entered !== undefined) add("entered", `the instruction at ${hex(entered.from)} branches to ${hex(entered.to)}`);
    if (read !== undefined && !isData) {
      add("literal-pool", `the instruction at ${hex(read.from)} loads ${hex(read.to)} as data`);
    }
  }
}
