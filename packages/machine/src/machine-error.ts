import { CmodxError } from "@cmodx/errors";

/**
 * A scenario that cannot be run as written: the caller's mistake.
 *
 * @example
 * ```ts
 * let code = "";
 * try {
 *   exploreSync({ memory: [], cores: [{ steps: [{ op: "execute", isa: "a64", address: 0, until: [4] }] }] });
 * } catch (error) {
 *   if (error instanceof MachineError) code = error.code;
 * }
 * code; // "E_SCENARIO"
 * ```
 */
export class MachineError extends CmodxError<"E_SCENARIO"> {}
