/** Something the kernel complains about by WARN and goes on. */
export interface Warning {
  /** Stable: `not-initialised`, `enable-count`, … */
  readonly id: WarningId;
  readonly message: string;
}

/** Which of the kernel's WARNs it is. */
export type WarningId =
  /** Used before `jump_label_init()`. */
  | "not-initialised"
  /** `enable` of a key that is on with a count other than 1. */
  | "enable-count"
  /** `disable` of a key whose count is neither 1 nor 0. */
  | "disable-count"
  /** An increment would overflow the count. */
  | "overflow"
  /** A decrement of a count that is 0, or of a key whose first enable is in progress. */
  | "underflow"
  /** A site that is not kernel text. */
  | "not-text"
  /** A module's entries could not be remembered. */
  | "no-memory"
  /** A module goes away with probes still registered. */
  | "probes-left"
  /** Registering or unregistering a probe failed. */
  | "tracepoint";

/** Collects warnings; those of a `once` id are told once. */
export class Warnings {
  readonly all: Warning[] = [];
  readonly #told = new Set<WarningId>();

  warn(id: WarningId, message: string): void {
    this.all.push({ id, message });
  }

  warnOnce(id: WarningId, message: string): void {
    if (this.#told.has(id)) return;
    this.#told.add(id);
    this.warn(id, message);
  }
}
