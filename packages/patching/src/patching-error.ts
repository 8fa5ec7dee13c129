import { CmodxError } from "@cmodx/errors";

/**
 * A caller's mistake in this package.
 *
 * @example
 * ```ts
 * let code = "";
 * try {
 *   plan([], "store-only");
 * } catch (error) {
 *   if (error instanceof PatchingError) code = error.code;
 * }
 * code; // "E_EDITS"
 * ```
 */
export class PatchingError extends CmodxError<
  | "E_ARCHITECTURE"
  | "E_EDITS"
  | "E_EXECUTORS"
  | "E_ISA"
  | "E_MEMORY"
  | "E_NOT_APPLICABLE"
  | "E_OPTIONS"
  | "E_PROTOCOL"
  | "E_TEXT"
> {}
