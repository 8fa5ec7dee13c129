import type { BarrierOption } from "./rules/barrier.js";

/**
 * One step of a core's program, each an operation an ARM programmer recognises. A plan's steps are these; instructions lower
 * to the same rules. Addresses are bytes, values unsigned or signed 32-bit integers, little-endian in memory.
 */
export type Operation =
  /** An aligned store, single-copy atomic. */
  | { readonly op: "store"; readonly address: number; readonly size: 1 | 2 | 4; readonly value: number }
  /** An aligned load; its value is observed under the name `as`. */
  | { readonly op: "load"; readonly address: number; readonly size: 1 | 2 | 4; readonly as: string }
  /** DCCMVAU: clean the line to the point of unification. */
  | { readonly op: "clean-dcache"; readonly address: number }
  /** ICIMVAU or ICIALLUIS (`broadcast`: every core of the Inner Shareable domain); ICIALLU and a lone core's are `local`. */
  | { readonly op: "invalidate-icache"; readonly address: number | "all"; readonly scope: "broadcast" | "local" }
  /** BPIMVA, BPIALL: required by the architecture, but a wrong prediction is always found out, so it changes no outcome. */
  | { readonly op: "invalidate-predictor"; readonly address: number | "all"; readonly scope: "broadcast" | "local" }
  | { readonly op: "dmb" | "dsb"; readonly option: BarrierOption }
  | { readonly op: "isb" }
  /** Raises an interrupt for each of these cores (by index). */
  | { readonly op: "send-ipi"; readonly to: readonly number[] }
  /** Spins until the location has the value, without a barrier: what follows is under its control only. */
  | { readonly op: "await"; readonly address: number; readonly size: 1 | 2 | 4; readonly equals: number }
  /** Leaves a label in the core's observations: "plan complete", "told". */
  | { readonly op: "mark"; readonly label: string }
  /**
   * Executes code: enters it at `address`, `calls` times (1), each time until it branches or runs to an address of `until`, or
   * returns through the link register.
   */
  | {
      readonly op: "execute";
      readonly isa: string;
      readonly address: number;
      readonly until?: readonly number[];
      readonly calls?: number;
    };

/** What happens on an exception inside executed code. Entry and return are context synchronisation events. */
export type ExceptionHandler =
  /** The handler returns: behind the instruction, to it again, or to an address. */
  | { readonly kind: "resume"; readonly at: "next" | "retry" | number }
  /** The handler is code in memory, entered at `address`; it ends with an exception return. */
  | { readonly kind: "code"; readonly isa: string; readonly address: number };
