import { CmodxError } from "@cmodx/errors";

/** A caller's mistake: `E_FIELD`, a field that the encoding does not have, lacks, or that does not fit. */
export class CodecError extends CmodxError<"E_FIELD" | "E_ENCODING"> {}
