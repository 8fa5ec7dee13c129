import { ElfError, type ElfImage, memorySource, openElf } from "@cmodx/elf";
import { withElfFile } from "@cmodx/elf/node";
import { type Architecture, type AuditReport, audit, type SiteKind } from "@cmodx/patching";
import { UsageError } from "../frame/usage-error.js";

/** Which sites are asked for, and by whose list they are judged. */
export interface Question {
  readonly arch?: Architecture;
  readonly kind?: readonly SiteKind[];
}

/**
 * Audits a file.
 *
 * @throws {UsageError} naming the file, when it is no image that can be audited
 */
export function readReport(path: string, question: Question = {}): AuditReport {
  return withImage(path, (image) => reportOf(image, path, question));
}

/** As {@link readReport}, of bytes in hand. */
export function reportOfBytes(bytes: Uint8Array, path: string, question: Question = {}): AuditReport {
  return named(path, () => reportOf(openElf(memorySource(bytes)), path, question));
}

/** Opens an image for `use`; what is wrong with the file is told with its name. */
export function withImage<Result>(path: string, use: (image: ElfImage) => Result): Result {
  return named(path, () => withElfFile(path, use));
}

export function reportOf(image: ElfImage, path: string, { arch, kind }: Question): AuditReport {
  return audit(image, {
    path,
    ...(arch === undefined ? {} : { architecture: arch }),
    ...(kind === undefined ? {} : { kinds: kind }),
  });
}

/** An ElfError tells the field and the offset; the file's name is only known here. */
export function named<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof ElfError) throw new UsageError(path, error.what, error.remedy);
    throw error;
  }
}
