import { CmodxError } from "@cmodx/errors";

/** A scenario that cannot be run as written: the caller's mistake. */
export class MachineError extends CmodxError<"E_SCENARIO"> {}
