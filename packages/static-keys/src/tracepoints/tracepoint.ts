import type { StaticKey } from "../static-key.js";

/** What a tracepoint calls: with the data it was registered with, then what the call site gives. */
export type Probe<Args extends readonly unknown[], Data = unknown> = (data: Data, ...args: Args) => void;

/** One entry of a tracepoint's array. */
export interface ProbeEntry<Args extends readonly unknown[]> {
  /** The stub does nothing: it stands for a probe that could not be taken out for want of memory. */
  probe: Probe<Args> | typeof STUB;
  readonly data: unknown;
  readonly priority: number;
}

/**
 * Stands in a tracepoint's array for a probe that could not be taken out for want of memory: it is called and does nothing.
 *
 * @example
 * ```ts
 * typeof STUB; // "symbol"
 * ```
 *
 * @see linux kernel/tracepoint.c tp_stub_func
 */
export const STUB: unique symbol = Symbol("stub");

/** What a tracepoint is declared with. */
export interface TracepointOptions<Args extends readonly unknown[]> {
  /** Before the first probe is registered; a negative result refuses it. */
  readonly onRegister?: () => number;
  /** When the last probe is gone. */
  readonly onUnregister?: () => void;
  /** `TP_CONDITION`: whether this call is to be traced. */
  readonly condition?: (...args: Args) => boolean;
}

/**
 * A tracepoint: a static branch that is not taken until somebody registers a probe. Made by {@link tracepoint}; probes are
 * registered by {@link Tracepoints}, whose fields these are to change.
 *
 * @typeParam Args - the prototype: what a call site passes
 *
 * @example
 * ```ts
 * const key = staticKey("__tracepoint_wake", { address: 0xa000 });
 * const wake = tracepoint<[pid: number]>("wake", key);
 * wake.probes; // null
 * wake.target; // "iterator"
 * ```
 */
export class Tracepoint<Args extends readonly unknown[]> {
  readonly name: string;
  readonly key: StaticKey;
  readonly options: TracepointOptions<Args>;
  /** Replaced whole at each change: whoever runs through an old one meanwhile is not disturbed. */
  probes: readonly ProbeEntry<Args>[] | null = null;
  /** What the call site's static call goes to: the iterator over the array, or the only probe itself. */
  target: "iterator" | Probe<Args> = "iterator";

  /**
   * Makes a tracepoint; {@link tracepoint} does.
   *
   * @param name - for texts
   * @param key - on while a probe is registered
   * @param options - what is called when the first probe comes and the last one goes
   */
  constructor(name: string, key: StaticKey, options: TracepointOptions<Args>) {
    this.name = name;
    this.key = key;
    this.options = options;
  }

  /** `trace_NAME_enabled()`: as the instruction at the site says, not as the counter does. */
  enabled(): boolean {
    return this.key.count > 0;
  }

  /**
   * The call site, `trace_NAME(args)`: a branch that is not taken while nobody listens.
   *
   * @param args - what the probes are given
   */
  call(...args: Args): void {
    if (!this.enabled()) return;
    if (this.options.condition?.(...args) === false) return;
    const { probes } = this;
    // Loaded once: a probe that registers or unregisters another is not met in the middle of this walk.
    for (const entry of probes ?? []) if (entry.probe !== STUB) entry.probe(entry.data, ...args);
  }
}

/**
 * Declares a tracepoint.
 *
 * @param name - of the tracepoint, for texts
 * @param key - its static key, off at first
 * @param options - what is called when the first probe comes and the last one goes
 *
 * @example
 * ```ts
 * const key = staticKey("__tracepoint_wake", { address: 0xa000 });
 * tracepoint<[pid: number]>("wake", key).enabled(); // false
 * ```
 */
export function tracepoint<Args extends readonly unknown[]>(
  name: string,
  key: StaticKey,
  options: TracepointOptions<Args> = {},
): Tracepoint<Args> {
  return new Tracepoint(name, key, options);
}
