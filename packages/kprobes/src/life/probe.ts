import type { Registers } from "./registers.js";

/**
 * `struct kprobe`'s flags.
 *
 * @example
 * ```ts
 * const probe = new Probe({ symbol: "work", disabled: true });
 * (probe.flags & flags.disabled) !== 0; // true
 * ```
 *
 * @see linux include/linux/kprobes.h
 */
export const flags = { gone: 1, disabled: 2, optimized: 4, ftrace: 8, onFunctionEntry: 16 } as const;

/** Called before the instruction; true: the handler changed where execution goes on, and the instruction is left out. */
export type PreHandler = (probe: Probe, registers: Registers) => boolean | undefined;

/** Called after the instruction. */
export type PostHandler = (probe: Probe, registers: Registers) => void;

/** Where a probe is to be, and what it calls. */
export interface ProbeSpec {
  readonly address?: number;
  readonly symbol?: string;
  readonly offset?: number;
  readonly disabled?: boolean;
  readonly pre?: PreHandler;
  readonly post?: PostHandler;
}

/**
 * One probe, as its owner sees it.
 *
 * @example
 * ```ts
 * const probe = new Probe({ symbol: "work", pre: () => undefined });
 * probe.disabled; // false
 * probe.nmissed; // 0
 * ```
 */
export class Probe {
  readonly spec: ProbeSpec;
  /** Where it is, once it is registered. */
  address: number | undefined;
  flags: number;
  /** Times that execution came by while no handler could be called. */
  nmissed = 0;
  /** Shown as a return probe. */
  readonly isReturn: boolean;

  /**
   * Makes a probe; {@link Kprobes.register} puts it in.
   *
   * @param spec - where it is to be, and its handlers
   * @param isReturn - whether it belongs to a probe of returns
   */
  constructor(spec: ProbeSpec, isReturn = false) {
    this.spec = spec;
    this.flags = spec.disabled === true ? flags.disabled : 0;
    this.isReturn = isReturn;
  }

  get disabled(): boolean {
    return (this.flags & (flags.disabled | flags.gone)) !== 0;
  }

  get gone(): boolean {
    return (this.flags & flags.gone) !== 0;
  }
}
