import { CmodxError } from "@cmodx/errors";

/** A call that cannot be answered: a path or a checkpoint that does not fit the model, or workers where they cannot be. */
export class ExploreError extends CmodxError<"E_PATH" | "E_CHECKPOINT" | "E_WORKERS"> {}
