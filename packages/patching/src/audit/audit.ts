import { ElfError, type ElfImage, maxTableEntries } from "@cmodx/elf";
import type { Architecture } from "../rules/architecture.js";
import { findInCode } from "./code-findings.js";
import { scanCode } from "./code-scan.js";
import { type FindingsBySite, findConflicts } from "./conflicts.js";
import { PlaceNames } from "./image-code.js";
import { KeyCosts } from "./keys.js";
import { KIND_RULES } from "./kinds.js";
import { type AuditReport, SITE_KINDS, type Site, type SiteKind } from "./report.js";
import type { SeenSite } from "./seen-site.js";
import type { SiteModel } from "./site-model.js";
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
  const rest = auditEach(image, options, (seen) => sites.push(seen.site));
  return { ...rest, sites };
}

/**
 * As {@link audit}, for whoever needs each site only once: none of them is kept.
 *
 * @param image - a kernel, a module or a program, with its symbols
 * @param options - what the report calls it, and what is asked
 * @param onSite - is shown every site, in the order of a report
 * @returns the report but for its sites
 * @throws {ElfError} as {@link audit}
 *
 * @example
 * ```ts
 * import { memorySource, openElf } from "@cmodx/elf";
 * import { readFileSync } from "node:fs";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * const callers = new Set<string | null>();
 * auditEach(image, { path: "sites-arm.elf", kinds: ["mcount"] }, (seen) => callers.add(seen.symbol));
 * callers.size; // 7
 * ```
 */
export function auditEach(
  image: ElfImage,
  options: AuditOptions,
  onSite: (seen: SeenSite) => void,
): Omit<AuditReport, "sites"> {
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
  for (const { kind, table } of tables) {
    for (let i = 0; i < table.length; i++) rows.add(kind, KIND_RULES[kind].content, table.place(i));
  }
  const more: FindingsBySite = new Map();
  findConflicts(rows, more);
  findInCode(rows, scanCode(image, rows), more);

  const judge = new TransitionJudge(architecture, image.header.codeEndian);
  const readers = { image, names: new PlaceNames(image), judge, unprobeable: new Unprobeable(image), rows };
  const summaries = new Summaries();
  const keys = new KeyCosts(architecture, kinds.includes("tracepoint"));
  /** How often a model was seen after the first time: what follows from what is said of a site follows for all of them. */
  const again = new Map<SiteModel, number>();
  let row = 0;
  for (const { kind, table } of tables) {
    const reader = new SiteReader(readers, kind, table, row);
    for (let i = 0; i < table.length; i++, row++) {
      const seen = reader.read(i, more.get(row));
      if (seen.first) summaries.add(seen.site, 1);
      else if (seen.model !== undefined) again.set(seen.model, (again.get(seen.model) ?? 0) + 1);
      keys.add(seen);
      onSite(seen);
    }
  }
  for (const [{ site }, times] of again) summaries.add(site, times);
  const { type, endian, codeEndian } = image.header;
  const [isa = null, other] = rows.isas();
  return {
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
