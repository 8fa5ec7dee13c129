import { ElfError, type ElfImage, memorySource, openElf } from "@cmodx/elf";
import { withElfFile } from "@cmodx/elf/node";
import { ARCHITECTURES, type Architecture, type AuditReport, audit, SITE_KINDS, type SiteKind } from "@cmodx/patching";
import { type Command, InvalidArgumentError, Option } from "commander";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import type { Verb } from "../frame/verbs.js";
import { auditText, findingLines, siteTable } from "../text/audit-text.js";

export { auditText };

interface Options {
  readonly json?: true;
  readonly format: "text" | "table" | "json";
  readonly kind?: readonly SiteKind[];
  readonly findings?: true;
  readonly arch: Architecture;
}

export const verb: Verb = {
  examples: ["cmodx audit samples/sites-thumb2.elf", "cmodx audit vmlinux --kind jump_label --json"],
  configure(command: Command, io: Io) {
    command
      .argument("<image...>", "ELF file: a vmlinux with symbols, a module, a program; - reads standard input")
      .option("--json", "print one JSON document; one a line where there are several images")
      .addOption(new Option("--format <format>", "how to print").choices(["text", "table", "json"]).default("text"))
      .option("--kind <kinds>", `only these kinds of sites, with commas: ${SITE_KINDS.join(", ")}`, kinds)
      .option("--findings", "only what is wrong or worth knowing, a line each; in JSON only the sites concerned")
      .addOption(
        new Option("--arch <version>", "whose list of concurrently modifiable instructions")
          .choices(ARCHITECTURES)
          .default("armv7"),
      );
    return async (images: readonly string[], options: Options): Promise<Exit> => {
      let exit: Exit = EXIT.good;
      let printed = false;
      for (const path of images) {
        if (io.signal.aborted) return EXIT.interrupted;
        // One image is one question, so its error ends the command; among several the others are still answered.
        const found: Exit = await answer(path, options, io, printed).catch((error: unknown): Exit => {
          if (images.length === 1 || !(error instanceof UsageError)) throw error;
          io.note(`cmodx: ${error.where}: ${error.message}\n`);
          return EXIT.unanswered;
        });
        printed ||= found !== EXIT.unanswered;
        if (found > exit) exit = found;
      }
      return exit;
    };
  },
};

async function answer(path: string, options: Options, io: Io, more: boolean): Promise<Exit> {
  const report = path === "-" ? await readInput(io, options) : readReport(path, options);
  const hasError = report.sites.some(({ findings }) => findings.some(({ level }) => level === "error"));
  const shown = options.findings
    ? { ...report, sites: report.sites.filter(({ findings }) => findings.length > 0) }
    : report;
  if (options.json || options.format === "json") {
    for (const piece of auditJson(shown)) io.out(piece);
  } else if (options.format === "table") {
    io.out(siteTable(shown, io));
  } else {
    io.out(options.findings ? findingLines(shown, io) : `${more ? "\n" : ""}${auditText(shown, io)}`);
  }
  return hasError ? EXIT.bad : EXIT.good;
}

/**
 * Audits a file.
 *
 * @throws {UsageError} naming the file, when it is no image that can be audited
 */
export function readReport(path: string, options: Partial<Pick<Options, "arch" | "kind">> = {}): AuditReport {
  return named(path, () => withElfFile(path, (image) => report(image, path, options)));
}

async function readInput(io: Io, options: Options): Promise<AuditReport> {
  const bytes = await io.stdin();
  return named("-", () => report(openElf(memorySource(bytes)), "-", options));
}

function report(image: ElfImage, path: string, { arch, kind }: Partial<Pick<Options, "arch" | "kind">>): AuditReport {
  return audit(image, {
    path,
    ...(arch === undefined ? {} : { architecture: arch }),
    ...(kind === undefined ? {} : { kinds: kind }),
  });
}

/** An ElfError tells the field and the offset; the file's name is only known here. */
function named<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof ElfError) throw new UsageError(path, error.what, error.remedy);
    throw error;
  }
}

/** The document in pieces: a kernel's is too long to be made as one string. */
function* auditJson({ sites, ...head }: AuditReport): Generator<string> {
  const pieceSites = 2000;
  yield `${JSON.stringify(head).slice(0, -1)},"sites":[`;
  for (let at = 0; at < sites.length; at += pieceSites) {
    const piece = JSON.stringify(sites.slice(at, at + pieceSites)).slice(1, -1);
    yield at === 0 ? piece : `,${piece}`;
  }
  yield "]}\n";
}

function kinds(text: string): SiteKind[] {
  const names = text.split(",");
  const unknown = names.find((name) => !(SITE_KINDS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no kind "${unknown}".`);
  return names as SiteKind[];
}
