import { CmodxError } from "@cmodx/errors";
import { CommanderError } from "commander";
import { isSystemError, systemReason } from "./system-error.js";
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
