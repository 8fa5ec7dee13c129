import type { Architecture } from "@cmodx/codec";
import { ElfError, type ElfImage, maxTableEntries } from "@cmodx/elf";
import { AuditedSites } from "./audited-sites.js";
import { findInCode } from "./code-findings.js";
import { scanCode } from "./code-scan.js";
import { type FindingsBySite, findConflicts } from "./conflicts.js";
import { PlaceNames } from "./image-code.js";
import { KeyCosts } from "./keys.js";
import { KIND_RULES } from "./kinds.js";
import { type AuditReport, SITE_KINDS, type Site, type SiteKind } from "./report.js";
import type { SeenSite } from "./seen-site.js";
import { SiteReader } from "./site-reader.js";
import { SiteRows } from "./site-rows.js";
import { Summaries } from "./summary.js";
import { TransitionJudge } from "./transition-judge.js";
import { Unprobeable } from "./unprobeable.js";

/** What an audit is told besides the image. */
export interface AuditOptions {
  /** Name of the file, for the report. */
  readonly path: string;
  /** Whose list of concurrently modifiable instructions; `armv7` by default. */
  readonly architecture?: Architecture;
  /** Which kinds of sites; all by default. */
  readonly kinds?: readonly SiteKind[];
}

/**
 * Finds every patch site that an image keeps a table of, decodes it, and judges each change that Linux makes there.
 *
 * @param image - a kernel, a module or a program, with its symbols
 * @param options - what the report calls it, and what is asked
 * @throws {ElfError} where the image is damaged, or stripped so that it has no table left to be found
 *
 * @example
 * ```ts
 * import { memorySource, openElf } from "@cmodx/elf";
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * const report = audit(image, { path: "sites-arm.elf" });
 * report.summary.jump_label?.verdicts["first on"]; // { concurrent: 5 }
 * ```
 */
export function audit(image: ElfImage, options: AuditOptions): AuditReport {
  const sites: Site[] = [];
  const { report, show, length } = auditSites(image, options);
  show(0, length, ({ site }) => sites.push(site));
  return { ...report, sites };
}

/** What {@link auditSites} gives. */
export interface SitesAudit {
  /** The report but for its sites. */
  readonly report: Omit<AuditReport, "sites">;
  /** How many sites there are. */
  readonly length: number;
  /**
   * Whether any site is such a one. Sites that read like each other are asked for once, so it must not depend on where they are.
   */
  readonly some: (wanted: (site: Site) => boolean) => boolean;
  /** Shows sites by their numbers in the report, from one to just before another; one shown may turn into the next. */
  readonly show: (from: number, end: number, onSite: (seen: SeenSite) => void) => void;
}

/**
 * As {@link audit}, for whoever needs each site only once: none of them is kept, and what is said of all of them is known before the
 * first is shown.
 *
 * @param image - a kernel, a module or a program, with its symbols
 * @param options - what the report calls it, and what is asked
 * @throws {ElfError} as {@link audit}
 *
 * @example
 * ```ts
 * import { memorySource, openElf } from "@cmodx/elf";
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * const { length, show } = auditSites(image, { path: "sites-arm.elf", kinds: ["mcount"] });
 * const callers = new Set<string | null>();
 * show(0, length, (seen) => callers.add(seen.symbol));
 * callers.size; // 7
 * ```
 */
export function auditSites(image: ElfImage, options: AuditOptions): SitesAudit {
  const architecture = options.architecture ?? "armv7";
  const kinds = options.kinds ?? SITE_KINDS;
  const tables = SITE_KINDS.filter((kind) => kinds.includes(kind)).flatMap((kind) => {
    const table = KIND_RULES[kind].listing(image);
    return table === undefined ? [] : [{ kind, table }];
  });
  const count = tables.reduce((sum, { table }) => sum + table.length, 0);
  if (count > maxTableEntries) throw tooManySites(count);
  if (image.stripped && (tables.length === 0 || image.relocatable)) throw nothingToFind(image);

  const rows = new SiteRows(image, count);
  for (const { kind, table } of tables) rows.addAll(kind, KIND_RULES[kind].content, table);
  const more: FindingsBySite = new Map();
  findConflicts(rows, more);
  findInCode(rows, scanCode(image, rows), more);

  const judge = new TransitionJudge(architecture, image.header.codeEndian);
  const sites = new AuditedSites(rows, new PlaceNames(image));
  const readers = { image, judge, unprobeable: new Unprobeable(image), sites };
  const keys = new KeyCosts(architecture, kinds.includes("tracepoint"));
  let first = 0;
  for (const { kind, table } of tables) {
    new SiteReader(readers, kind, table, first).judgeAll(more);
    first += table.length;
  }
  sites.eachKey((key, like, address, target) => keys.add(key, like, address, target));
  const summaries = new Summaries();
  for (const [site, times] of sites.distinct()) summaries.add(site, times);
  const { type, endian, codeEndian } = image.header;
  const [isa = null, other] = rows.isas();
  const report = {
    schema: "cmodx/audit/1",
    image: {
      path: options.path,
      type,
      endian,
      codeEndian,
      isa: other === undefined ? isa : "mixed",
      machine: "ARM",
      stripped: image.stripped,
    },
    architecture,
    summary: summaries.all,
    rules: Object.fromEntries(judge.rules),
    keys: keys.all,
  } as const;
  return {
    report,
    length: count,
    some: (wanted) => sites.some(wanted),
    show: (from, end, onSite) => sites.show(from, end, onSite),
  };
}

/** Each site costs a kilobyte: a hostile file of a few megabytes must not fill the memory. */
function tooManySites(count: number): ElfError {
  const what = `lead to ${count} sites, over the limit of ${maxTableEntries}`;
  return new ElfError("E_ELF_LIMIT", "patch-site tables", 32, what, "no real kernel has as many, the file is damaged", {
    count,
  });
}

/** A linked image may keep its tables when it is stripped; a module's tables say nothing without the symbols. */
function nothingToFind(image: ElfImage): ElfError {
  const table = image.relocatable ? "which the tables of a relocatable file need" : "and to no section that is a table";
  const remedy = "the file is stripped, give the unstripped one (for a kernel, the vmlinux of its -dbg package)";
  return new ElfError("E_ELF_STRIPPED", "e_shoff", 32, `leads to no symbol table, ${table}`, remedy);
}
