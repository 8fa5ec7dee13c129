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
  type Reference,
  smpAltTable,
  type TableLayout,
  tracepointTable,
} from "@cmodx/elf";
import { divisionChanges, jumpLabelChanges, mcountChanges, smpAltChanges, tracerCallChanges } from "./changes.js";
import { aimsAsUsual, jumpLabelFindings, mcountFindings, type Say } from "./findings.js";
import { isPushLr, pushBytes } from "./linux-forms.js";
import type { SiteKind } from "./report.js";
import { type Subject, type Surroundings, type TableSite, tableSite } from "./subject.js";
import { divisionSites, modulePltSites, tracerCallSites } from "./symbol-sites.js";
import type { Change } from "./transition-judge.js";

/** The sites of one table, by number. */
export interface Listing {
  readonly length: number;
  readonly place: (index: number) => Reference;
  /** All that the table says of the site. */
  readonly site: (index: number) => TableSite;
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
  /**
   * Whether what is around a site is as at most others. What is said of such a site follows from its bytes, its section and its
   * boundaries, but for the place and the key that its table gives; undefined for a kind whose sites differ by more.
   */
  readonly alike: ((around: Surroundings) => boolean) | undefined;
  /** The table says nothing of a site but where it is. */
  readonly bare: boolean;
}

type Rest = Partial<Pick<KindRule, "branches" | "changes" | "findings" | "alike">>;

/** What a table says of its sites besides where they are. No entry is made for it: a kernel has too many. */
type Besides<Field extends string> = (table: PatchTable<Field>) => (index: number, place: Reference) => TableSite;

function rule<Field extends string>(
  layout: TableLayout<Field>,
  content: KindRule["content"],
  field: NoInfer<Field>,
  besides: Besides<Field> | undefined,
  { branches = false, changes, findings, alike }: Rest = {},
): KindRule {
  const listing = (image: ElfImage): Listing | undefined => {
    const table = findTable(image, layout);
    if (table === undefined) return undefined;
    const places = table.column(field);
    const siteAt = besides?.(table) ?? ((_, place) => tableSite(place));
    const place = (index: number): Reference => places.at(index);
    return { length: table.length, place, site: (index) => siteAt(index, places.at(index)) };
  };
  return { listing, content, branches, changes, findings, alike, bare: besides === undefined };
}

/** Sites that no table has, but symbols. */
function bySymbols(
  find: (image: ElfImage) => TableSite[],
  { content = "code", branches = false, changes, findings }: Omit<Rest, "alike"> & Partial<Pick<KindRule, "content">>,
): KindRule {
  const listing = (image: ElfImage): Listing | undefined => {
    const sites = find(image);
    if (sites.length === 0) return undefined;
    return { length: sites.length, place: (index) => sites[index]!.place, site: (index) => sites[index]! };
  };
  return { listing, content, branches, changes, findings, alike: undefined, bare: false };
}

const always = (): boolean => true;

/** `struct static_key key` follows the pointer to the name. @see linux include/linux/tracepoint-defs.h */
const tracepointKeyOffset = 4;

/** Every kind of site, in the order of reports. */
export const KIND_RULES: Readonly<Record<SiteKind, KindRule>> = {
  mcount: rule(mcountTable, "code", "site", undefined, {
    branches: true,
    changes: mcountChanges,
    findings: mcountFindings,
    alike: ({ code, place: { address }, isa }) => isPushLr(code, (address - pushBytes[isa]) | 0, isa),
  }),
  jump_label: rule(
    jumpTable,
    "code",
    "code",
    (table) => {
      const [targets, keys] = [table.column("target"), table.column("key")];
      return (index, place) => tableSite(place, targets.at(index), keys.at(index));
    },
    {
      branches: true,
      changes: jumpLabelChanges,
      findings: jumpLabelFindings,
      alike: aimsAsUsual,
    },
  ),
  tracepoint: rule(
    tracepointTable,
    "data",
    "tracepoint",
    () => (_, place) => tableSite(place, undefined, { ...place, address: place.address + tracepointKeyOffset }),
  ),
  kprobe_blacklist: rule(kprobeBlacklist, "code", "function", undefined),
  smp_alt: rule(
    smpAltTable,
    "text-or-data",
    "site",
    (table) => (index, place) => tableSite(place, undefined, undefined, table.bytes(index).subarray(4)),
    {
      changes: smpAltChanges,
      alike: always,
    },
  ),
  pv_table: rule(pvTable, "code", "site", undefined, { alike: always }),
  ftrace_call: bySymbols(tracerCallSites, { branches: true, changes: tracerCallChanges }),
  idiv: bySymbols(divisionSites, { changes: divisionChanges }),
  module_plt: bySymbols(modulePltSites, { content: "data" }),
  bug: rule(bugTable, "code-as-data", "site", undefined, { alike: always }),
  extable: rule(exceptionTable, "code", "insn", (table) => {
    const fixups = table.column("fixup");
    return (index, place) => tableSite(place, fixups.at(index));
  }),
};
