import { CmodxError } from "@cmodx/errors";
import { CommanderError } from "commander";
import { UsageError } from "./usage-error.js";
import { VERBS } from "./verbs.js";

/** One line for any failure: `<where>: <what is wrong>; <what to do>`. Never a stack trace. */
export function describeError(error: unknown, verb: string | undefined): string {
  const where = verb ?? "usage";
  if (error instanceof UsageError) return `${error.where}: ${error.message}`;
  if (error instanceof CmodxError) return `${where}: ${error.message}`;
  if (error instanceof CommanderError) {
    const what = error.message
      .replace(/^error: /, "")
      .replaceAll("\n", " ")
      .replace(/\.$/, "");
    const known = verb !== undefined && Object.hasOwn(VERBS, verb);
    return `${known ? verb : "usage"}: ${what}; see \`cmodx ${known ? `${verb} ` : ""}--help\``;
  }
  if (isSystemError(error)) return `${error.path ?? where}: ${systemReason(error)}; check the path and its permissions`;
  const what = error instanceof Error ? error.message : String(error);
  return `${where}: internal error: ${what.split("\n")[0]}; please report it with the command line`;
}

interface SystemError extends Error {
  readonly code: string;
  readonly path?: string;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "syscall" in error && "code" in error;
}

const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "not permitted to read it",
  EISDIR: "is a directory",
  ENOTDIR: "is not below a directory",
};

function systemReason({ code, message }: SystemError): string {
  return SYSTEM_REASONS[code] ?? message;
}
