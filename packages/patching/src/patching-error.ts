import { CmodxError } from "@cmodx/errors";

/** A caller's mistake in this package. */
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
