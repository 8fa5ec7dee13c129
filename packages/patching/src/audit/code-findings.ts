import type { Place } from "@cmodx/elf";
import type { EditWindow, SiteFacts } from "./code-scan.js";
import { addFinding, type FindingsBySite, written } from "./conflicts.js";
import { finding } from "./findings.js";
import { pushBytes } from "./linux-forms.js";
import type { Site } from "./report.js";

const hex = (address: number): string => `0x${address.toString(16)}`;

/**
 * What to ask the code around a site about; undefined where nothing was read there. A site that is only looked at, not
 * written, has an empty window: then only its beginning counts.
 */
export function editWindow({ kind, isa, bytes, section }: Site, place: Place): EditWindow | undefined {
  if (isa === null || bytes === null || section === null || kind === "bug") return undefined;
  const { address } = place;
  if (!written.has(kind)) return { place, start: address, end: address };
  // The call and its push are switched off together: add sp, sp, #4 undoes what the push has done.
  const before = kind === "mcount" ? pushBytes[isa] : 0;
  return { place, start: address - before, end: address + bytes.length / 2 };
}

/** The findings that come from the code around the sites. */
export function findInCode(sites: readonly Site[], facts: ReadonlyMap<number, SiteFacts>, into: FindingsBySite): void {
  for (const [i, { inside, inItBlock, entered, read }] of facts) {
    const { kind, findings } = sites[i]!;
    const add = (id: Parameters<typeof finding>[0], message: string): void => addFinding(into, i, finding(id, message));
    const isData = findings.some(({ id }) => id === "literal-pool" || id === "data-site" || id === "misaligned");
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
