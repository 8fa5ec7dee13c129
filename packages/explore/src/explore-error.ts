import { CmodxError } from "@cmodx/errors";

/** A call that cannot be answered: a path that does not fit the model. */
export class ExploreError extends CmodxError<"E_PATH"> {}
