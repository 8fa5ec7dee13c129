import { readFileSync } from "node:fs";
import { UsageError } from "../frame/usage-error.js";

/**
 * A file's text.
 *
 * @param remedy - what to name instead of a file that cannot be read
 * @throws {UsageError} naming the file
 */
export function readText(file: string, remedy: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new UsageError(file, "cannot be read", remedy);
  }
}
