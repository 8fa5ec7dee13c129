import { findPlace } from "./checks.js";
import type { Kprobes } from "./kprobes.js";
import { Probe } from "./probe.js";
import { type Outcome, refuse } from "./refusal.js";
import type { Registers } from "./registers.js";

/** Largest memory that an instance may have for its handlers' own use. @see linux include/linux/kprobes.h */
const maxDataBytes = 4096;

/** One call that is under way: where it goes back to, and whose it is. */
export interface ReturnInstance {
  readonly probe: ReturnProbe;
  readonly returnAddress: number;
  /** The frame pointer at the entry, which tells the frames of a recursive function apart. */
  readonly frame: number;
}

/** What is called when a function returns. */
export interface ReturnProbeSpec {
  readonly address?: number;
  readonly symbol?: string;
  readonly offset?: number;
  readonly disabled?: boolean;
  /** How many calls may be under way at once; 0: as many as the kernel takes by itself. */
  readonly maxActive?: number;
  readonly dataBytes?: number;
  /** Called at the entry; true: this call's return is not wanted. */
  readonly entry?: (probe: ReturnProbe, registers: Registers) => boolean | undefined;
  readonly handler?: (instance: ReturnInstance, registers: Registers) => void;
}

/**
 * A probe on the return of a function, with a bounded pool of instances.
 *
 * @example
 * ```ts
 * const probe = new ReturnProbe({ symbol: "work", maxActive: 4 });
 * probe.maxActive; // 4
 * probe.nmissed; // 0
 * ```
 *
 * @see linux kernel/kprobes.c, register_kretprobe
 */
export class ReturnProbe {
  readonly spec: ReturnProbeSpec;
  /** The probe at the function's entry. */
  readonly probe: Probe;
  maxActive: number;
  /** Instances that are free. */
  free = 0;
  /** Calls whose return nobody saw because no instance was free. */
  nmissed = 0;

  /**
   * Makes a probe of a function's returns; {@link ReturnProbes.register} puts it in.
   *
   * @param spec - the function, the handlers, and how many calls may be under way
   */
  constructor(spec: ReturnProbeSpec) {
    this.spec = spec;
    this.maxActive = spec.maxActive ?? 0;
    const { address, symbol, offset, disabled } = spec;
    this.probe = new Probe(
      {
        ...(address !== undefined && { address }),
        ...(symbol !== undefined && { symbol }),
        ...(offset !== undefined && { offset }),
        ...(disabled !== undefined && { disabled }),
        pre: (_, registers) => this.onEntry?.(registers),
      },
      true,
    );
  }

  /** Set while it is registered: hooks the return of the call that begins. */
  onEntry: ((registers: Registers) => undefined) | undefined;
}

/**
 * The tasks' calls that are under way, and the trampoline that they return to.
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const memory = bytesMemory(0x80100000, Uint8Array.of(0x04, 0xe0, 0x2d, 0xe5, 0x04, 0xf0, 0x9d, 0xe4));
 * const kprobes = new Kprobes(listedText({ isa: "a32", memory, functions: [{ name: "work", start: 0x80100000, size: 8 }] }));
 * const returns = new ReturnProbes(kprobes, 0x80300000, 4);
 * returns.register(new ReturnProbe({ symbol: "work" })); // { ok: true }
 * const registers = { r: new Uint32Array(16), cpsr: 0x13 };
 * [registers.r[14], registers.r[15]] = [0x8004, 0x80100000];
 * new ProbeCore(kprobes, () => undefined).trap(registers);
 * registers.r[14]; // 0x80300000
 * registers.r[15] = 0x80300000;
 * returns.returned(registers); // 0x8004
 * ```
 */
export class ReturnProbes {
  readonly #kprobes: Kprobes;
  readonly #trampoline: number;
  readonly #cpus: number;
  readonly #blacklist: readonly number[];
  readonly #calls = new Map<number, ReturnInstance[]>();
  /** The task that runs. */
  task = 0;

  /**
   * @param kprobes - where the entries of functions are probed
   * @param trampoline - where hooked functions return to
   * @param cpus - possible cores, which bound the calls under way where a probe does not say
   * @param blacklist - functions whose return must not be hooked
   */
  constructor(kprobes: Kprobes, trampoline: number, cpus: number, blacklist: readonly number[] = []) {
    this.#kprobes = kprobes;
    this.#trampoline = trampoline;
    this.#cpus = cpus;
    this.#blacklist = blacklist;
  }

  /**
   * Probes the function's entry, and reserves an instance for each call that may be under way.
   *
   * @param probe - one that is not registered
   */
  register(probe: ReturnProbe): Outcome {
    const place = findPlace(this.#kprobes.text, probe.spec);
    if (!place.ok) return place;
    if (!place.entry) return refuse("EINVAL", "entry", "no function begins there");
    if (probe.spec.address !== undefined && this.#kprobes.siteOf(probe.probe) !== undefined)
      return refuse("EINVAL", "registered", "it is registered already");
    if (this.#blacklist.includes(place.address))
      return refuse("EINVAL", "return-blacklist", "the return of this function must not be hooked");
    if ((probe.spec.dataBytes ?? 0) > maxDataBytes)
      return refuse("E2BIG", "data-size", `an instance has at most ${maxDataBytes} bytes of data`);
    if (probe.maxActive <= 0) probe.maxActive = Math.max(10, 2 * this.#cpus);
    probe.free = probe.maxActive;
    probe.nmissed = 0;
    probe.onEntry = (registers) => this.#enter(probe, registers);
    const outcome = this.#kprobes.register(probe.probe);
    if (!outcome.ok) probe.onEntry = undefined;
    return outcome;
  }

  /**
   * Calls under way still return where they came from; their handlers are not called any more.
   *
   * @param probe - one that is registered
   */
  unregister(probe: ReturnProbe): void {
    this.#kprobes.unregister(probe.probe);
    probe.onEntry = undefined;
  }

  /**
   * Calls of a task that are under way and hooked, the innermost first.
   *
   * @param task - its number
   */
  calls(task: number): readonly ReturnInstance[] {
    return this.#calls.get(task) ?? [];
  }

  /**
   * A hooked function of the current task came back: calls the handlers of this frame, the innermost first, and says where the
   * function really returns to.
   *
   * @returns undefined where the task has no hooked call, at which the kernel stops
   */
  returned(registers: Registers): number | undefined {
    const calls = this.#calls.get(this.task) ?? [];
    // Several probes on one function: all but the last of its instances return to the trampoline.
    const last = calls.findIndex(({ returnAddress }) => returnAddress !== this.#trampoline);
    const real = calls[last];
    if (real === undefined) return undefined;
    registers.r[15] = real.returnAddress;
    for (const instance of calls.slice(0, last + 1)) {
      if (instance.frame !== registers.r[11]) break;
      if (instance.probe.onEntry !== undefined)
        instance.probe.spec.handler?.({ ...instance, returnAddress: real.returnAddress }, registers);
    }
    for (const { probe } of calls.splice(0, last + 1)) probe.free++;
    return real.returnAddress;
  }

  /**
   * A stack trace of a task with the trampoline replaced by where its functions really return to, the innermost first.
   *
   * @param task - its number
   * @param trace - return addresses, the innermost first
   *
   * @see linux kernel/kprobes.c, kretprobe_find_ret_addr
   */
  realTrace(task: number, trace: readonly number[]): number[] {
    const real = this.calls(task)
      .map(({ returnAddress }) => returnAddress)
      .filter((address) => address !== this.#trampoline);
    return trace.map((address) => (address === this.#trampoline ? (real.shift() ?? address) : address));
  }

  /**
   * A task ended: its instances are free again.
   *
   * @param task - its number
   */
  flush(task: number): void {
    for (const { probe } of this.#calls.get(task) ?? []) probe.free++;
    this.#calls.delete(task);
  }

  #enter(probe: ReturnProbe, registers: Registers): undefined {
    if (probe.free === 0) {
      probe.nmissed++;
      return;
    }
    probe.free--;
    if (probe.spec.entry?.(probe, registers) === true) {
      probe.free++;
      return;
    }
    const calls = this.#calls.get(this.task) ?? [];
    calls.unshift({ probe, returnAddress: registers.r[14]!, frame: registers.r[11]! });
    this.#calls.set(this.task, calls);
    registers.r[14] = this.#trampoline;
  }
}
