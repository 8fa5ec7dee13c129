import {
  bugTable,
  exceptionTable,
  jumpTable,
  kprobeBlacklist,
  mcountTable,
  pvTable,
  smpAltTable,
  type TableEntry,
  type TableLayout,
  tracepointTable,
} from "@cmodx/elf";
import { jumpLabelChanges, mcountChanges, smpAltChanges } from "./changes.js";
import { jumpLabelFindings, mcountFindings } from "./findings.js";
import type { Finding, SiteKind } from "./report.js";
import type { Subject, TableSite } from "./subject.js";
import type { Change } from "./transition-judge.js";

/** How one kind of site is read and judged. */
export interface KindRule {
  readonly layout: TableLayout;
  readonly site: (entry: TableEntry) => TableSite;
  /**
   * `code` sites must be in executable text, `code-as-data` too but are assembled as data, `text-or-data` sites need not,
   * `data` sites are no code at all.
   */
  readonly content: "code" | "code-as-data" | "text-or-data" | "data";
  /** The instruction is a branch whose target matters. */
  readonly branches?: true;
  readonly changes?: (subject: Subject) => Change[];
  readonly findings?: (subject: Subject) => Iterable<Finding>;
}

function rule<Field extends string>(
  layout: TableLayout<Field>,
  content: KindRule["content"],
  site: (entry: TableEntry<Field>) => TableSite,
  rest: Pick<KindRule, "branches" | "changes" | "findings"> = {},
): KindRule {
  return { layout, content, site: site as KindRule["site"], ...rest };
}

/** `struct static_key key` follows the pointer to the name. @see linux include/linux/tracepoint-defs.h */
const tracepointKeyOffset = 4;

/** Every kind of site, in the order of reports. */
export const KIND_RULES: Readonly<Record<SiteKind, KindRule>> = {
  mcount: rule(mcountTable, "code", ({ site }) => ({ place: site }), {
    branches: true,
    changes: mcountChanges,
    findings: mcountFindings,
  }),
  jump_label: rule(jumpTable, "code", ({ code, target, key }) => ({ place: code, target, key }), {
    branches: true,
    changes: jumpLabelChanges,
    findings: jumpLabelFindings,
  }),
  tracepoint: rule(tracepointTable, "data", ({ tracepoint }) => ({
    place: tracepoint,
    key: { ...tracepoint, address: tracepoint.address + tracepointKeyOffset },
  })),
  kprobe_blacklist: rule(kprobeBlacklist, "code", (entry) => ({ place: entry.function })),
  smp_alt: rule(
    smpAltTable,
    "text-or-data",
    ({ site, bytes }) => ({ place: site, replacement: bytes.subarray(4, 8) }),
    {
      changes: smpAltChanges,
    },
  ),
  pv_table: rule(pvTable, "code", ({ site }) => ({ place: site })),
  bug: rule(bugTable, "code-as-data", ({ site }) => ({ place: site })),
  extable: rule(exceptionTable, "code", ({ insn, fixup }) => ({ place: insn, target: fixup })),
};
