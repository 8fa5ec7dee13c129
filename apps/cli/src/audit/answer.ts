import type { AuditReport } from "@cmodx/patching";
import type { Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import { auditText, findingLines, siteTable } from "../text/audit-text.js";
import { type Digest, digestOf } from "./digest.js";
import { auditHtml } from "./html.js";
import { auditJson } from "./json.js";
import { type LinedReport, type Question, readReport } from "./read-report.js";
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

/** What one file gave: what to print and what to add up, or why it could not be audited. */
export interface AuditAnswer {
  readonly path: string;
  readonly pieces: readonly string[];
  readonly hasError: boolean;
  readonly digest: Digest | undefined;
  readonly error: { readonly where: string; readonly message: string } | undefined;
}

/** Audits one file of several: a bad one is an answer too, so that the others go on. */
export function answerTask(task: AuditTask): AuditAnswer {
  const { path, arch, kind, lines } = task;
  try {
    const report = readReport(path, { ...(arch && { arch }), ...(kind && { kind }), ...(lines && { lines }) });
    const digest = task.format === "digest" ? digestOf(report) : undefined;
    return { path, pieces: [...printed(report, task)], hasError: hasError(report), digest, error: undefined };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { where, message } = error;
    return { path, pieces: [], hasError: false, digest: undefined, error: { where, message } };
  }
}

export function hasError({ sites }: AuditReport): boolean {
  return sites.some(({ findings }) => findings.some(({ level }) => level === "error"));
}

/** The report in the format asked for, in pieces. */
export function* printed(
  report: LinedReport,
  { format, findings, colour }: Pick<AuditTask, "format" | "findings" | "colour">,
): Generator<string> {
  const io: Pick<Io, "colour"> = { colour };
  const shown = findings ? { ...report, sites: report.sites.filter((site) => site.findings.length > 0) } : report;
  if (format === "json") yield* auditJson(shown);
  else if (format === "table") yield siteTable(shown, io);
  else if (format === "sarif") yield sarifResults(shown);
  else if (format === "html") yield* auditHtml(shown);
  else if (findings) yield findingLines(shown, io);
  else if (format === "text") yield auditText(shown, io);
}
