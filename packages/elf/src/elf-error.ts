import { CmodxError } from "@cmodx/errors";

/** What can be wrong with an ELF file, one code a kind of defect. */
export type ElfErrorCode =
  | "E_ELF_READ"
  | "E_ELF_MAGIC"
  | "E_ELF_CLASS"
  | "E_ELF_ORDER"
  | "E_ELF_MACHINE"
  | "E_ELF_TYPE"
  | "E_ELF_TRUNCATED"
  | "E_ELF_BOUNDS"
  | "E_ELF_ENTRY_SIZE"
  | "E_ELF_LINK"
  | "E_ELF_STRING"
  | "E_ELF_TABLE"
  | "E_ELF_RELOCATION"
  | "E_ELF_STRIPPED"
  | "E_ELF_LIMIT";

/**
 * An ELF file that cannot be read, or not as far as was asked. `field` names the field of the ELF specification that is
 * wrong and `offset` is the file offset of that field in bytes.
 *
 * @example
 * ```ts
 * const error = new ElfError("E_ELF_CLASS", "EI_CLASS", 4, "is 2 (64-bit)", "cmodx reads 32-bit ARM images");
 * error.message; // "EI_CLASS at file offset 0x4 is 2 (64-bit); cmodx reads 32-bit ARM images"
 * error.facts; // { field: "EI_CLASS", offset: 4 }
 * ```
 */
export class ElfError extends CmodxError<ElfErrorCode> {
  readonly field: string;
  readonly offset: number;

  /**
   * Makes the error; only this package does.
   *
   * @param code - stable, for scripts
   * @param field - the field of the file that is wrong, by its name in the ELF specification
   * @param offset - of that field, in bytes from the file's start
   * @param what - what is wrong with it, without the field's name
   * @param remedy - what to do about it
   * @param facts - more to compute with
   * @param cause - the error behind it, where there is one
   */
  constructor(
    code: ElfErrorCode,
    field: string,
    offset: number,
    what: string,
    remedy: string,
    facts: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
  ) {
    super({
      code,
      // A file that cannot be read at all has no field to name.
      what: code === "E_ELF_READ" ? `the file ${what}` : `${field} at file offset ${hex(offset)} ${what}`,
      remedy,
      facts: { field, offset, ...facts },
      cause,
    });
    this.field = field;
    this.offset = offset;
  }
}

/** A number as this package's messages print it. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
