import type { Isa } from "@cmodx/codec";

/** The tracer's own code, by instruction set: what sites call, and the places in it that are patched. */
export interface TracerCode {
  /** What a site calls: with four registers saved, with all of them, and the same for sites in init text. */
  readonly caller: number;
  readonly regsCaller: number;
  readonly callerFromInit?: number;
  readonly regsCallerFromInit?: number;
  /** The calls inside them, which are patched to call the function of the moment. */
  readonly ftraceCalls: readonly number[];
  /** The NOPs inside them, which become branches to the graph's part, each with its target. */
  readonly graphCalls: readonly { readonly at: number; readonly to: number }[];
  /** What those calls call when nothing is traced. */
  readonly stub: number;
  /** What they call when more than one ops, or one with a filter of its own, is to be asked. */
  readonly listFunction: number;
}

/** The tracer's code for each instruction set that sites have. */
export type TracerCodes = Partial<Readonly<Record<Isa, TracerCode>>>;
