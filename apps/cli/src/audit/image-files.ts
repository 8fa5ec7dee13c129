import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

/** Is the path a directory? False too for what does not exist: whoever reads it says that better. */
export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** A module, also one that has to be decompressed before it can be read: a directory's sum without it would be wrong unsaid. */
const modules = /\.ko(\.(xz|gz|zst))?$/;

/** Every image below a directory, in the order of their names: modules by their ending, others by their first bytes. */
export function imagesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return imagesBelow(path);
      return entry.isFile() && (modules.test(entry.name) || beginsAsElf(path)) ? [path] : [];
    });
}

function beginsAsElf(path: string): boolean {
  const bytes = Buffer.alloc(4);
  try {
    const descriptor = openSync(path, "r");
    try {
      readSync(descriptor, bytes, 0, 4, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
  return bytes.toString("latin1") === "\x7fELF";
}
