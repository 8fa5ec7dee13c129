import {
  bugTable,
  type ElfImage,
  exceptionTable,
  findTable,
  jumpTable,
  kprobeBlacklist,
  mcountTable,
  type PatchTable,
  pvTable,
  smpAltTable,
  type TableEntry,
  type TableLayout,
  tracepointTable,
} from "@cmodx/elf";
import { divisionChanges, jumpLabelChanges, mcountChanges, smpAltChanges, tracerCallChanges } from "./changes.js";
import { jumpLabelFindings, mcountFindings, type Say } from "./findings.js";
import type { SiteKind } from "./report.js";
import { type Subject, type TableSite, tableSite } from "./subject.js";
import { divisionSites, modulePltSites, tracerCallSites } from "./symbol-sites.js";
import type { Change } from "./transition-judge.js";

interface Listing {
  readonly length: number;
  readonly each: (visit: (site: TableSite) => void) => void;
}

/** How one kind of site is read and judged. */
export interface KindRule {
  /** The sites that the image says it has; undefined where it has no such table. */
  readonly listing: (image: ElfImage) => Listing | undefined;
  /**
   * `code` sites must be in executable text, `code-as-data` too but are assembled as data, `text-or-data` sites need not,
   * `data` sites are no code at all.
   */
  readonly content: "code" | "code-as-data" | "text-or-data" | "data";
  /** The instruction is a branch whose target matters. */
  readonly branches: boolean;
  readonly changes: ((subject: Subject) => Change[]) | undefined;
  readonly findings: ((subject: Subject, say: Say) => void) | undefined;
}

type Rest = Partial<Pick<KindRule, "branches" | "changes" | "findings">>;

function rule<Field extends string>(
  layout: TableLayout<Field>,
  content: KindRule["content"],
  site: (entry: TableEntry<Field>) => TableSite,
  { branches = false, changes, findings }: Rest = {},
): KindRule {
  const listing = (image: ElfImage): Listing | undefined => {
    const table = findTable(image, layout);
    return table && { length: table.length, each: (visit) => visitSites(table, site, visit) };
  };
  return { listing, content, branches, changes, findings };
}

function visitSites<Field extends string>(
  table: PatchTable<Field>,
  site: (entry: TableEntry<Field>) => TableSite,
  visit: (site: TableSite) => void,
): void {
  for (const entry of table.entries()) visit(site(entry));
}

/** Sites that no table has, but symbols. */
function bySymbols(
  find: (image: ElfImage) => TableSite[],
  { content = "code", branches = false, changes, findings }: Rest & Partial<Pick<KindRule, "content">>,
): KindRule {
  const listing = (image: ElfImage): Listing | undefined => {
    const sites = find(image);
    return sites.length === 0 ? undefined : { length: sites.length, each: (visit) => sites.forEach(visit) };
  };
  return { listing, content, branches, changes, findings };
}

/** `struct static_key key` follows the pointer to the name. @see linux include/linux/tracepoint-defs.h */
const tracepointKeyOffset = 4;

/** Every kind of site, in the order of reports. */
export const KIND_RULES: Readonly<Record<SiteKind, KindRule>> = {
  mcount: rule(mcountTable, "code", ({ site }) => tableSite(site), {
    branches: true,
    changes: mcountChanges,
    findings: mcountFindings,
  }),
  jump_label: rule(jumpTable, "code", ({ code, target, key }) => tableSite(code, target, key), {
    branches: true,
    changes: jumpLabelChanges,
    findings: jumpLabelFindings,
  }),
  tracepoint: rule(tracepointTable, "data", ({ tracepoint }) =>
    tableSite(tracepoint, undefined, { ...tracepoint, address: tracepoint.address + tracepointKeyOffset }),
  ),
  kprobe_blacklist: rule(kprobeBlacklist, "code", (entry) => tableSite(entry.function)),
  smp_alt: rule(
    smpAltTable,
    "text-or-data",
    ({ site, bytes }) => tableSite(site, undefined, undefined, bytes.subarray(4, 8)),
    {
      changes: smpAltChanges,
    },
  ),
  pv_table: rule(pvTable, "code", ({ site }) => tableSite(site)),
  ftrace_call: bySymbols(tracerCallSites, { branches: true, changes: tracerCallChanges }),
  idiv: bySymbols(divisionSites, { changes: divisionChanges }),
  module_plt: bySymbols(modulePltSites, { content: "data" }),
  bug: rule(bugTable, "code-as-data", ({ site }) => tableSite(site)),
  extable: rule(exceptionTable, "code", ({ insn, fixup }) => tableSite(insn, fixup)),
};
