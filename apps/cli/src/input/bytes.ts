import { readFileSync } from "node:fs";
import type { Io } from "../frame/io.js";

/** The content of a file, or of standard input where its name is `-`. */
export async function readBytes(file: string, io: Io): Promise<Uint8Array> {
  return file === "-" ? io.stdin() : readFileSync(file);
}

/** As {@link readBytes}, as lines of text; the last line's newline adds no line. */
export async function readLines(file: string, io: Io): Promise<string[]> {
  const text = new TextDecoder().decode(await readBytes(file, io));
  return text.replace(/\r?\n$/, "").split(/\r?\n/);
}
