import { CmodxError } from "@cmodx/errors";

/** A caller's mistake in this package. */
export class StaticKeysError extends CmodxError<
  "E_EVENT" | "E_KEY" | "E_LAYOUT" | "E_MODULE" | "E_MUTEX" | "E_RANGE" | "E_SITE"
> {}
