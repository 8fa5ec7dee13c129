import type { ElfImage } from "@cmodx/elf";
import { ARCHITECTURES, type Architecture, SITE_KINDS, type SiteKind } from "@cmodx/patching";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  type Answer,
  type AuditAnswer,
  type AuditTask,
  answerOf,
  answerTask,
  FORMATS,
  type Format,
} from "../audit/answer.js";
import { compareAudits, diffExit } from "../audit/diff.js";
import { addDigest, type Digest, emptyDigest } from "../audit/digest.js";
import { imagesBelow, isDirectory } from "../audit/image-files.js";
import { compareMemory, parseDump } from "../audit/memory.js";
import { readReport, withBytes, withImage } from "../audit/read-report.js";
import { sarifBegin, sarifEnd } from "../audit/sarif.js";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import { version } from "../frame/main.js";
import { UsageError } from "../frame/usage-error.js";
import type { Verb } from "../frame/verbs.js";
import { count } from "../input/numbers.js";
import { diffText, memoryText } from "../text/audit-compare-text.js";
import { auditText, digestText } from "../text/audit-text.js";
import { counted } from "../text/layout.js";

export { auditText, readReport };

interface Options {
  readonly json?: true;
  readonly format: Format;
  readonly kind?: readonly SiteKind[];
  readonly findings?: true;
  readonly arch: Architecture;
  readonly lines?: true;
  readonly diff?: true;
  readonly memory?: string;
  readonly jobs: number;
}

export const verb: Verb = {
  examples: ["cmodx audit samples/sites-thumb2.elf", "cmodx audit vmlinux --kind jump_label --json"],
  configure(command: Command, io: Io) {
    command
      .argument(
        "<image...>",
        "ELF file: a vmlinux with symbols, a module, a program; a directory of them; - reads standard input",
      )
      .option("--json", "print one JSON document; one a line where there are several images")
      .addOption(new Option("--format <format>", "how to print").choices(FORMATS).default("text"))
      .option("--kind <kinds>", `only these kinds of sites, with commas: ${SITE_KINDS.join(", ")}`, kinds)
      .option("--findings", "only what is wrong or worth knowing, a line each; in JSON only the sites concerned")
      .addOption(
        new Option("--arch <version>", "whose list of concurrently modifiable instructions")
          .choices(ARCHITECTURES)
          .default("armv7"),
      )
      .option("--lines", "also the line of the source, from .debug_line: in JSON, in the table, and with --findings")
      .option("--diff", "compare two builds: the sites gained, lost and changed from the first image to the second")
      .option(
        "--memory <dump@addr>",
        "compare the image with a dump of a running kernel's text that begins at an address",
      )
      .option("--jobs <n>", "images to audit at a time", count(1, 64), 1);
    return (images: readonly string[], options: Options): Promise<Exit> | Exit => {
      if (options.diff) return diff(images, options, io);
      if (options.memory !== undefined) return memory(images, options.memory, options, io);
      const [only] = images;
      return images.length === 1 && !isDirectory(only!) ? single(only!, options, io) : several(images, options, io);
    };
  },
};

/** One image is one question: its error ends the command. */
async function single(path: string, options: Options, io: Io): Promise<Exit> {
  const task = taskOf(path, options, io);
  const answer = (image: ElfImage): Answer => answerOf(image, task);
  const { pieces, hasError } = path === "-" ? withBytes(path, await io.stdin(), answer) : withImage(path, answer);
  if (task.format === "sarif") io.out(sarifBegin(version()));
  for (const piece of pieces) io.out(piece);
  if (task.format === "sarif") io.out(sarifEnd);
  return hasError ? EXIT.bad : EXIT.good;
}

/** Among several a bad one does not stop the others. Of a directory's images only the sum is printed as text. */
async function several(paths: readonly string[], options: Options, io: Io): Promise<Exit> {
  if (formatOf(options) === "html") {
    throw new UsageError("audit --format html", "makes a page of one image, several given", "name one, or use --json");
  }
  if (paths.includes("-")) throw new UsageError("-", "is one of several images", "audit standard input by itself");
  const directories = paths.some(isDirectory);
  const files = paths.flatMap((path) => (isDirectory(path) ? imagesBelow(path) : [path]));
  if (files.length === 0)
    throw new UsageError(paths.join(" "), "has no ELF file", "name images or directories of them");
  const summed = directories && !options.findings && formatOf(options) === "text";
  const tasks = files.map((path): AuditTask => {
    const task = taskOf(path, options, io);
    return summed ? { ...task, format: "digest" } : task;
  });
  // Workers bring a third of Node's own start with them, which one image has no use for.
  const { inOrder } = await import("../frame/pool.js");
  const work = { worker: new URL("./audit-worker.js", import.meta.url), run: answerTask };
  const tally = new Tally();
  const sarif = formatOf(options) === "sarif";
  if (sarif) io.out(sarifBegin(version()));
  for await (const answer of inOrder(tasks, options.jobs, work, io.signal)) {
    io.progress();
    if (answer.error !== undefined) io.note(`cmodx: ${answer.error.where}: ${answer.error.message}\n`);
    const pieces = answer.pieces.filter((piece) => piece.length > 0);
    if (pieces.length > 0 && tally.printed > 0)
      io.out(sarif ? "," : formatOf(options) === "text" && !options.findings ? "\n" : "");
    for (const piece of pieces) io.out(piece);
    tally.add(answer, pieces.length > 0);
    io.progress(`Auditing. ${tally.done}/${files.length} ${answer.path}`);
  }
  io.progress();
  if (sarif) io.out(sarifEnd);
  if (summed && tally.done > tally.bad) io.out(digestText(tally.digest, [], io));
  if (directories) io.note(`${tally.summary(files.length)}\n`);
  return io.signal.aborted ? EXIT.interrupted : tally.exit;
}

/** What came of all files together. */
class Tally {
  done = 0;
  bad = 0;
  printed = 0;
  readonly digest: Digest = emptyDigest();
  #withErrors = 0;

  add({ digest, error, hasError }: AuditAnswer, printed: boolean): void {
    this.done++;
    if (printed) this.printed++;
    if (error !== undefined) this.bad++;
    if (hasError) this.#withErrors++;
    if (digest !== undefined) addDigest(this.digest, digest);
  }

  summary(files: number): string {
    const parts = [`${counted(this.done, "image")}${this.done < files ? ` of ${files}, incomplete` : ""}`];
    if (this.#withErrors > 0) parts.push(`${this.#withErrors} with errors`);
    if (this.bad > 0) parts.push(`${this.bad} that could not be audited`);
    return parts.join(", ");
  }

  get exit(): Exit {
    if (this.bad > 0) return EXIT.unanswered;
    return this.#withErrors > 0 ? EXIT.bad : EXIT.good;
  }
}

function diff(images: readonly string[], options: Options, io: Io): Exit {
  const [before, after] = images;
  if (before === undefined || after === undefined || images.length > 2) {
    throw new UsageError("audit --diff", `compares two images, ${images.length} given`, "name the old and the new one");
  }
  const compared = compareAudits(readReport(before, options), readReport(after, options));
  io.out(formatOf(options) === "json" ? `${JSON.stringify(compared)}\n` : diffText(compared, io));
  return diffExit(compared);
}

async function memory(images: readonly string[], dump: string, options: Options, io: Io): Promise<Exit> {
  const [path] = images;
  if (path === undefined || images.length > 1) {
    throw new UsageError("audit --memory", `compares one image, ${images.length} given`, "name the image of the dump");
  }
  const compared = compareMemory(path, await parseDump(dump, io), options);
  io.out(formatOf(options) === "json" ? `${JSON.stringify(compared)}\n` : memoryText(compared, io));
  return compared.unexplained.length > 0 ? EXIT.bad : EXIT.good;
}

function taskOf(path: string, options: Options, { colour }: Io): AuditTask {
  const { arch, kind, lines, findings = false } = options;
  return { path, arch, ...(kind && { kind }), ...(lines && { lines }), format: formatOf(options), findings, colour };
}

function formatOf({ json, format }: Options): Format {
  return json ? "json" : format;
}

function kinds(text: string): SiteKind[] {
  const names = text.split(",");
  const unknown = names.find((name) => !(SITE_KINDS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no kind "${unknown}".`);
  return names as SiteKind[];
}
