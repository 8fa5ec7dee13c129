import { setFlagsFromString } from "node:v8";
import type { ElfImage } from "@cmodx/elf";
import type { Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import { auditText, findingLines, siteTable } from "../text/audit-text.js";
import { type Digest, digestOf } from "./digest.js";
import { auditHtml } from "./html.js";
import { auditJson } from "./json.js";
import { hasError, type LinedReport, type Question, reportOf, withImage } from "./read-report.js";
import { sarifResults } from "./sarif.js";

export const FORMATS = ["text", "table", "json", "sarif", "html"] as const;
export type Format = (typeof FORMATS)[number];

export interface AuditTask extends Question {
  readonly path: string;
  /** `digest` prints nothing for the file itself. */
  readonly format: Format | "digest";
  /** Only what is wrong or worth knowing. */
  readonly findings: boolean;
  readonly colour: boolean;
}

/** What to print of one file, and what to add up. */
export interface Answer {
  /** A piece of bytes is only there until the next is asked for. */
  readonly pieces: Iterable<string | Uint8Array>;
  readonly hasError: boolean;
  readonly digest: Digest | undefined;
}

/** The same of one of several files, its pieces there to stay, or why it could not be audited. */
export interface AuditAnswer extends Answer {
  readonly path: string;
  readonly pieces: readonly (string | Uint8Array)[];
  readonly error: { readonly where: string; readonly message: string } | undefined;
}

/** Audits one file of several: a bad one is an answer too, so that the others go on. */
export function answerTask(task: AuditTask): AuditAnswer {
  const { path } = task;
  try {
    const { pieces, ...rest } = withImage(path, (image) => answerOf(image, task));
    return { path, ...rest, pieces: Array.from(pieces, kept), error: undefined };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { where, message } = error;
    return { path, pieces: [], hasError: false, digest: undefined, error: { where, message } };
  }
}

const kept = (piece: string | Uint8Array): string | Uint8Array =>
  typeof piece === "string" ? piece : new Uint8Array(piece);

/**
 * Audits an image and gives the report in the format asked for, in pieces.
 *
 * The host is told to inline less: an audit is over in less than a second, and making a few functions large took a tenth of that.
 */
export function answerOf(image: ElfImage, { path, arch, kind, lines, format, findings, colour }: AuditTask): Answer {
  setFlagsFromString("--max-inlined-bytecode-size-cumulative=150");
  const question = { ...(arch && { arch }), ...(kind && { kind }), ...(lines && { lines }) };
  if (format === "json") return { ...auditJson(image, path, question, findings), digest: undefined };
  const report = reportOf(image, path, question);
  return {
    pieces: [...printed(report, { format, findings, colour })],
    hasError: report.sites.some(hasError),
    digest: format === "digest" ? digestOf(report) : undefined,
  };
}

function* printed(
  report: LinedReport,
  { format, findings, colour }: Pick<AuditTask, "format" | "findings" | "colour">,
): Generator<string> {
  const io: Pick<Io, "colour"> = { colour };
  const shown = findings ? { ...report, sites: report.sites.filter((site) => site.findings.length > 0) } : report;
  if (format === "table") yield siteTable(shown, io);
  else if (format === "sarif") yield sarifResults(shown);
  else if (format === "html") yield* auditHtml(shown);
  else if (findings) yield findingLines(shown, io);
  else if (format === "text") yield auditText(shown, io);
}
