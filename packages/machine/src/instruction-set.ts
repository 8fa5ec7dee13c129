import type { Builder } from "./builder.js";

/** What one instruction does, against the builder: written once for each instruction, read by every way of running it. */
export interface Meaning {
  /** Bytes. */
  readonly size: number;
  /** As an assembler would print it. */
  readonly text: string;
  /** Performs the instruction; without a branch the core goes on behind it. */
  execute(machine: Builder): void;
}

/** How bytes in memory become meanings. */
export interface InstructionSet {
  readonly name: string;
  /** Bytes that are fetched as one: the architecture's promise, which a knob may widen. */
  readonly fetchBytes: 2 | 4;
  /** False when no instruction of it stores, cleans or invalidates. */
  readonly writes?: boolean;
  /** The register a call leaves its return address in. */
  readonly linkRegister: number;
  /**
   * Values that a fetch of a unit may make of two others it could take, where the architecture says that it may. Left out: none.
   */
  blend?(one: number, other: number): readonly number[];
  /**
   * The instruction whose first fetch unit has value `first`; `next` fetches the following unit, `it` is Thumb's ITSTATE. Total:
   * bytes that are no instruction mean what the architecture does with them (usually: the UNDEFINED exception).
   */
  decode(address: number, first: number, next: () => number, it: number): Meaning;
}
