import { CmodxError } from "@cmodx/errors";

/**
 * A caller's mistake: `E_FIELD`, a field that the encoding does not have, lacks, or that does not fit; `E_ENCODING`, fields that are
 * another row's.
 *
 * @example
 * ```ts
 * let code = "";
 * try {
 *   encode(encoding("t32", "B_T4"), {});
 * } catch (error) {
 *   if (error instanceof CodecError) code = error.code;
 * }
 * code; // "E_FIELD"
 * ```
 */
export class CodecError extends CmodxError<"E_FIELD" | "E_ENCODING"> {
  /** Written down, because a file that is made small has short names. */
  static override readonly name: string = "CodecError";
}
