import { CmodxError } from "@cmodx/errors";

/**
 * A caller's mistake in this package.
 *
 * @example
 * ```ts
 * let code = "";
 * try {
 *   callOf("a32", 0x8000, 0x9000_0000);
 * } catch (error) {
 *   if (error instanceof FtraceError) code = error.code;
 * }
 * code; // "E_CALL_SITE"
 * ```
 */
export class FtraceError extends CmodxError<"E_CALL_SITE" | "E_RECORDS" | "E_TRACER"> {}
