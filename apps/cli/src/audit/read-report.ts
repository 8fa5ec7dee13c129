import { ElfError, type ElfImage, memorySource, openElf, sourceLines } from "@cmodx/elf";
import { inflate, withElfFile } from "@cmodx/elf/node";
import {
  type Architecture,
  type AuditOptions,
  type AuditReport,
  audit,
  auditSites,
  type Finding,
  type SeenSite,
  type Site,
  type SiteKind,
  type SitesAudit,
} from "@cmodx/patching";
import { UsageError } from "../frame/usage-error.js";

/** Which sites are asked for, and by whose list they are judged. */
export interface Question {
  readonly arch?: Architecture;
  readonly kind?: readonly SiteKind[];
  /** Whether each site is to say which line of the source it came from. */
  readonly lines?: boolean;
}

/** A report whose sites may know their lines. */
export type LinedReport = Omit<AuditReport, "sites"> & { readonly sites: readonly LinedSite[] };

/** A site with the source line that its instruction came from; left out where lines were not asked for, null where none is known. */
export type LinedSite = Site & { readonly file?: string | null; readonly line?: number | null };

/** A site on its way to be printed: as an audit shows it, or with its line, read in full. */
export type Seen = SeenSite | { readonly model: undefined; readonly site: LinedSite };

/** Is this no valid site? */
export function hasError({ findings }: Site): boolean {
  return findings.some(isError);
}

function isError({ level }: Finding): boolean {
  return level === "error";
}

/**
 * Audits a file.
 *
 * @throws {UsageError} naming the file, when it is no image that can be audited
 */
export function readReport(path: string, question: Question = {}): LinedReport {
  return withImage(path, (image) => reportOf(image, path, question));
}

/** Opens an image for `use`; what is wrong with the file is told with its name. */
export function withImage<Result>(path: string, use: (image: ElfImage) => Result): Result {
  return named(path, () => withElfFile(path, use));
}

/** As {@link withImage}, of bytes in hand. */
export function withBytes<Result>(path: string, bytes: Uint8Array, use: (image: ElfImage) => Result): Result {
  return named(path, () => use(openElf(memorySource(bytes))));
}

export function reportOf(image: ElfImage, path: string, question: Question): LinedReport {
  const report = audit(image, optionsOf(path, question));
  return question.lines === true ? withLines(image, report) : report;
}

/** What is told of an image without keeping its sites. */
export type SitesReport = Omit<SitesAudit, "report" | "show"> & {
  readonly report: Omit<LinedReport, "sites">;
  readonly show: (from: number, end: number, onSite: (seen: Seen) => void) => void;
};

/** As {@link reportOf}, for whoever prints one site after another. */
export function sitesOf(image: ElfImage, path: string, question: Question): SitesReport {
  if (question.lines !== true) return auditSites(image, optionsOf(path, question));
  // Lines are looked up for all sites together.
  const { sites, ...report } = reportOf(image, path, question);
  return {
    report,
    length: sites.length,
    some: (wanted) => sites.some(wanted),
    show: (from, end, onSite) => {
      for (const site of sites.slice(from, end)) onSite({ model: undefined, site });
    },
  };
}

function optionsOf(path: string, { arch, kind }: Question): AuditOptions {
  return {
    path,
    ...(arch === undefined ? {} : { architecture: arch }),
    ...(kind === undefined ? {} : { kinds: kind }),
  };
}

function withLines(image: ElfImage, report: AuditReport): LinedReport {
  const sections = new Map(image.sections.map((section) => [section.name, section]));
  const places = report.sites.map(({ address, section }) =>
    image.relocatable ? { section: sections.get(section ?? ""), address } : image.locate(address),
  );
  const found = sourceLines(image, places, inflate);
  const sites = report.sites.map((site, i) => {
    const { file = null, line = null } = found[i] ?? {};
    return { ...site, file, line };
  });
  return { ...report, sites };
}

/** An ElfError tells the field and the offset; the file's name is only known here. */
export function named<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof ElfError) throw new UsageError(path, error.what, error.remedy);
    throw error;
  }
}
