import { CmodxError } from "@cmodx/errors";

/** A caller's mistake in this package. */
export class FtraceError extends CmodxError<"E_CALL_SITE" | "E_RECORDS" | "E_TRACER"> {}
