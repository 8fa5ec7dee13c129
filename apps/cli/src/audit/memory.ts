import { readFileSync } from "node:fs";
import { compareMemory as compare, type MemoryComparison, type MemoryDump } from "@cmodx/patching";
import type { Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import { type Question, reportOf, withImage } from "./read-report.js";

/** Reads `dump@addr`; `-` as the dump is standard input. */
export async function parseDump(text: string, io: Pick<Io, "stdin">): Promise<MemoryDump> {
  const at = text.lastIndexOf("@");
  const address = Number(at < 0 || !/^(0x[0-9a-f]+|[0-9]+)$/i.test(text.slice(at + 1)) ? "none" : text.slice(at + 1));
  if (!(address <= 0xffff_ffff)) {
    throw new UsageError(`--memory ${text}`, "names no address", "write DUMP@ADDR, such as text.bin@0xc0300000");
  }
  const path = text.slice(0, at);
  return { address, bytes: path === "-" ? await io.stdin() : readFileSync(path) };
}

/**
 * Compares an image with a dump, by the sites of every kind: each explains changes.
 *
 * @throws {UsageError} where there is nothing to compare
 */
export function compareMemory(path: string, dump: MemoryDump, { arch }: Question): MemoryComparison {
  return withImage(path, (image) => {
    if (image.relocatable) {
      throw new UsageError(
        path,
        "is a relocatable file, whose text is changed when it is loaded",
        "give a linked image",
      );
    }
    const compared = compare(image, reportOf(image, path, arch === undefined ? {} : { arch }), dump);
    if (compared.compared > 0) return compared;
    const where = `0x${dump.address.toString(16)}`;
    throw new UsageError(path, `has no text in the ${dump.bytes.length} bytes at ${where}`, "check the dump's address");
  });
}
