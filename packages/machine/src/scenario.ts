import type { LimitHit, Limits, Progress } from "@cmodx/explore";
import type { InstructionSet } from "./instruction-set.js";
import type { Knobs } from "./knobs.js";
import type { CoreProgram, Site } from "./machine-model.js";
import type { Observation } from "./observation.js";
import type { WitnessStep } from "./witness.js";

/** What is in memory before anything happens; everything else is zero. */
export interface InitialBytes {
  readonly address: number;
  readonly bytes: Uint8Array | readonly number[];
}

/** One value a fetch unit held and another it may be fetched with instead, at one fetch of one core. */
export interface FetchEdit {
  readonly isa: string;
  /** Of the fetch unit, in bytes. */
  readonly address: number;
  readonly bytes: number;
  /** The earlier value in memory order, and the later one; unsigned. */
  readonly from: number;
  readonly to: number;
  /** Units of the same instruction fetched before this one: empty at the first (in Thumb: hw1), `[hw1]` at the second. */
  readonly before: readonly number[];
}

/**
 * Virtual addresses that are another name of memory: those from `address` on stand for those from `of` on. Data accesses and cleans go by the
 * memory that an address stands for, fetches and invalidates by the address itself.
 */
export interface Alias {
  readonly address: number;
  readonly size: number;
  /** Not an alias itself. */
  readonly of: number;
}

/** A word of the interrupt controller: a store to it raises an interrupt for each of these cores (by index), and stores nothing. */
export interface InterruptRegister {
  readonly address: number;
  readonly to: readonly number[];
}

/** Cores, memory, and what is to be known about their executions. Plain data, except for `cmodx`. */
export interface Scenario {
  readonly memory: readonly InitialBytes[];
  readonly cores: readonly CoreProgram[];
  /** Other virtual addresses of memory; all that is not among them is its own. */
  readonly aliases?: readonly Alias[];
  readonly interruptRegisters?: readonly InterruptRegister[];
  /** Defaults to the architecture's envelope. */
  readonly model?: Partial<Knobs>;
  /** Instruction sets that `execute` steps name. */
  readonly isas?: readonly InstructionSet[];
  /** Code whose executions are observed. */
  readonly sites?: readonly Site[];
  /** Locations whose final values belong to an execution's outcome. */
  readonly locations?: readonly { readonly address: number; readonly size: 1 | 2 | 4 }[];
  /**
   * Does the architecture let this pair be modified while it is executed? The machine knows no such rules; without them every
   * fetch that could go two ways is reported.
   */
  readonly cmodx?: (edit: FetchEdit) => boolean;
}

/** What bounds an exploration, who may end it and is told how it goes, and which reductions are on: all, unless told otherwise. */
export interface ExploreOptions {
  readonly limits?: Partial<Limits & { readonly outcomes: number }>;
  readonly signal?: { readonly aborted: boolean };
  readonly onProgress?: (progress: Progress) => void;
  /** Reductions, each of which changes no result; off only to test that. */
  readonly reductions?: {
    readonly projection?: boolean;
    readonly independence?: boolean;
    readonly order?: boolean;
    readonly sharing?: boolean;
    readonly symmetry?: boolean;
    readonly floors?: boolean;
    readonly dominance?: boolean;
  };
}

/** What one core did in some execution. */
export interface CoreOutcome {
  readonly log: readonly Observation[];
  /** Final values of the registers the program observes, in its order, as signed 32-bit integers. */
  readonly registers: readonly number[];
}

/** What all cores did in one kind of execution. */
export interface Outcome {
  readonly cores: readonly CoreOutcome[];
  /** Final values of `scenario.locations`, unsigned. */
  readonly locations: readonly number[];
}

/** A fetch that could go two ways although the architecture does not list the pair: the architecture promises nothing then. */
export interface UnpredictableFetch extends FetchEdit {
  readonly core: number;
  readonly witness: readonly WitnessStep[];
}

/** All executions of a scenario. */
export interface ScenarioResult {
  /** Distinct outcomes, in order of discovery. */
  readonly outcomes: readonly Outcome[];
  /** By core, its distinct outcomes over all executions: most questions are about one core. */
  readonly cores: readonly (readonly CoreOutcome[])[];
  readonly unpredictable: readonly UnpredictableFetch[];
  /** Cores that can wait for ever in some execution. */
  readonly stuck: readonly { readonly cores: readonly number[]; readonly memory: readonly string[] }[];
  readonly states: number;
  readonly transitions: number;
  readonly memories: number;
  readonly seconds: number;
  /** Every execution was seen and nothing in one was outside the model. When false, absence proves nothing. */
  readonly complete: boolean;
  /** Why not, when not complete. */
  readonly limit?:
    | LimitHit
    | { readonly limit: "outcomes" | "unmodelled"; readonly value: number; readonly remedy: string };
  /** An execution with the outcome of one core (an element of `cores[core]`) or of all (of `outcomes`), as a readable path. */
  witness(of: { readonly core: number; readonly outcome: CoreOutcome } | Outcome): readonly WitnessStep[];
}
