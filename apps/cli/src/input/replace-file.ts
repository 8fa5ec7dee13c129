import { renameSync, rmSync, writeFileSync } from "node:fs";

/** Writes beside, then renames: whoever reads the file finds all of the old or all of the new. */
export function replaceFile(file: string, content: Uint8Array): void {
  const beside = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, content);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
