import type { CacheOptions, MaintenanceFault } from "./caches.js";
import type { Stop } from "./core.js";
import type { InterruptControllerAt } from "./interrupt-controller.js";
import type { Schedule } from "./schedule.js";

/** How many cores and how much memory, in bytes; how instructions are executed, what becomes of exceptions, which caches there are and what is wrong with their maintenance and interrupts. */
export interface MachineOptions {
  /** 1 by default. */
  readonly cores?: number;
  /** Room for guest memory in bytes, a multiple of 64 KiB; 256 MiB by default. */
  readonly memoryBytes?: number;
  /** The lowest address of the memory that is used most, 0 by default: memory in the window from there on is fast. */
  readonly memoryBase?: number;
  /**
   * How code runs. `compiled` (the default): what runs often is compiled to WebAssembly, a guest function at a time. `interpreted`: an
   * instruction at a time, from a routine of each that it gets when it runs often; the core's state is whole behind every one.
   * `reference`: the operations of each instruction's pseudocode one after the other, in JavaScript; slow, and what the other two are
   * compared with.
   */
  readonly execution?: "compiled" | "interpreted" | "reference";
  /** An exception stops its core (the default), or goes through the vectors: at 0, at 0xffff0000 (SCTLR.V) or at VBAR. */
  readonly exceptions?: "stop" | "vectors";
  /** Caches, store buffers and prefetch: instructions are then fetched stale as the model allows; compiled code fetches nothing ahead. */
  readonly caches?: CacheOptions;
  /** What goes wrong on purpose: with cache maintenance, and with interrupts. */
  readonly faults?: readonly (MaintenanceFault | InterruptFault)[];
  /** Registers by which cores interrupt each other, those of a GICv2 as far as software generated interrupts need them; for at most 8 cores. */
  readonly interruptController?: InterruptControllerAt;
  /** Of what is random in the caches; 0 by default. */
  readonly seed?: number;
}

/** What goes wrong on purpose with interrupts, raised by the host or by a core. */
export interface InterruptFault {
  /** Which: the nth since the machine was made, from 0; every one when left out. */
  readonly nth?: number;
  readonly kind: "interrupt";
  /** It is lost, or reaches its core so many turns later. */
  readonly what: "drop" | { readonly delay: number };
}

/** In which order cores take turns, from which seed, and the budget: instructions of all cores together, seconds of the host. */
export interface RunOptions {
  readonly schedule?: Schedule;
  readonly seed?: number;
  /** Instructions of all cores together; unlimited by default. */
  readonly instructions?: number;
  /** Seconds of real time; unlimited by default. */
  readonly seconds?: number;
}

/** How a run ended. */
export interface RunReport {
  /** `budget`: a bound was met and the program had not ended; `waiting`: every core waits for an event. */
  readonly end: Stop["kind"] | "budget" | "waiting";
  /** One sentence: core, address, instruction and cause. */
  readonly reason: string;
  /** The core that ended it. */
  readonly core: number;
  readonly pc: number;
  /** The instruction at `pc`, as far as it can be read. */
  readonly instruction: string;
  /** Address of the access, for a fault. */
  readonly address?: number;
  /**
   * Flags of the core that are not known, of `NZCV`: compiled code leaves those out that nothing reads before they are set, and where a fault that
   * no handler takes, or something that is not modelled, ends it there is nothing to set them. Interpreted runs know all.
   */
  readonly unknownFlags?: string;
  /** Executed by this run, all cores together. */
  readonly instructions: number;
}
