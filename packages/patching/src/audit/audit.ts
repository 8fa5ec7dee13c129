import type { Isa } from "@cmodx/codec";
import { ElfError, type ElfImage, maxTableEntries } from "@cmodx/elf";
import type { Architecture } from "../rules/architecture.js";
import { editWindow, findInCode } from "./code-findings.js";
import { type EditWindow, scanCode } from "./code-scan.js";
import { type FindingsBySite, findConflicts, withFindings } from "./conflicts.js";
import { PlaceNames } from "./image-code.js";
import { summariseKeys } from "./keys.js";
import { KIND_RULES } from "./kinds.js";
import { type AuditReport, SITE_KINDS, type Site, type SiteKind } from "./report.js";
import { SiteReader } from "./site-reader.js";
import { summarise } from "./summary.js";
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
  const architecture = options.architecture ?? "armv7";
  const judge = new TransitionJudge(architecture, image.header.codeEndian);
  const tables = SITE_KINDS.filter((kind) => (options.kinds ?? SITE_KINDS).includes(kind)).flatMap((kind) => {
    const table = KIND_RULES[kind].listing(image);
    return table === undefined ? [] : [{ kind, table }];
  });
  const count = tables.reduce((sum, { table }) => sum + table.length, 0);
  if (count > maxTableEntries) throw tooManySites(count);
  if (image.stripped && (tables.length === 0 || image.relocatable)) throw nothingToFind(image);
  const sites: Site[] = [];
  const names = new PlaceNames(image);
  const unprobeable = new Unprobeable(image);
  const windows = new Map<number, EditWindow>();
  for (const { kind, table } of tables) {
    const reader = new SiteReader(image, names, kind, judge, unprobeable);
    table.each((listed) => {
      const site = reader.read(listed);
      const window = editWindow(site, listed.place);
      if (window !== undefined) windows.set(sites.length, window);
      sites.push(site);
    });
  }
  const more: FindingsBySite = new Map();
  findConflicts(sites, more);
  findInCode(sites, scanCode(image, windows), more);
  const judged = withFindings(sites, more);
  const { type, endian, codeEndian } = image.header;
  return {
    schema: "cmodx/audit/1",
    image: {
      path: options.path,
      type,
      endian,
      codeEndian,
      isa: isaOf(judged),
      machine: "ARM",
      stripped: image.stripped,
    },
    architecture,
    summary: summarise(judged),
    rules: Object.fromEntries(judge.rules),
    keys: summariseKeys(judged, architecture, (options.kinds ?? SITE_KINDS).includes("tracepoint")),
    sites: judged,
  };
}

function isaOf(sites: readonly Site[]): Isa | "mixed" | null {
  const isas = new Set(sites.map(({ isa }) => isa).filter((isa) => isa !== null));
  return isas.size > 1 ? "mixed" : ([...isas][0] ?? null);
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
