import type { StaticKeys } from "../static-keys.js";
import { type Warning, Warnings } from "../warnings.js";
import { GracePeriods, type Snapshot } from "./grace-periods.js";
import { type Probe, type ProbeEntry, STUB, type Tracepoint } from "./tracepoint.js";

/** The kernel's answer: done, or an error's name. */
export type Answer = "ok" | "-EINVAL" | "-EEXIST" | "-ENOENT" | "-ENOMEM" | "-EREFUSED";

/** What happened, in order: what readers on other cores could see of it. */
export type Effect =
  | "regfunc"
  | "unregfunc"
  | "wait 1_0_1"
  | "wait N_2_1"
  | "call probe"
  | "call iterator"
  | "publish"
  | "enable key"
  | "disable key"
  | "remember 1_0_1"
  | "remember N_2_1";

/** What a set of tracepoints works with: the keys that switch their branches, who waits for readers, whether memory is to be had, and who is told of each effect in its order. */
export interface TracepointsOptions {
  readonly labels: StaticKeys;
  readonly gracePeriods?: GracePeriods;
  /** Whether memory for a new array is to be had; always by default. */
  readonly allocate?: () => boolean;
  /** Told of every effect, in order. */
  readonly onEffect?: (name: string, effect: Effect) => void;
  /** `strict` also refuses to unregister a probe that is not there where others are; Linux copies the array unchanged. */
  readonly compat?: "linux" | "strict";
}

/** Kinds of tainted modules whose tracepoints are taken all the same. */
const HARMLESS_TAINTS: ReadonlySet<string> = new Set(["out-of-tree", "unsigned", "staging", "test", "livepatch"]);

const DEFAULT_PRIORITY = 10;

/**
 * Registers probes with tracepoints, in the kernel's order of effects, so that a core in the middle of a call never meets a probe
 * with another's data.
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const labels = new StaticKeys({ patcher: new PlanPatcher(bytesMemory(0, new Uint8Array(0)), liveOrStop) });
 * const wake = tracepoint<[pid: number]>("wake", staticKey("__tracepoint_wake", { address: 0xa000 }));
 * labels.init([], [wake.key]);
 * const seen: number[] = [];
 * new Tracepoints({ labels }).register(wake, (_, pid) => seen.push(pid)); // "ok"
 * wake.call(42);
 * seen; // [42]
 * ```
 *
 * @see linux kernel/tracepoint.c
 */
export class Tracepoints {
  readonly gracePeriods: GracePeriods;
  readonly #options: TracepointsOptions;
  readonly #warnings = new Warnings();
  /** Of the last transition of each kind, of any tracepoint: there is one for all, and a later one overwrites it. */
  readonly #remembered = new Map<"1_0_1" | "N_2_1", Snapshot>();
  readonly #modules = new Map<string, readonly Tracepoint<never>[]>();

  /**
   * Makes the tracepoints of a kernel, without a probe.
   *
   * @param options - the keys that are switched, and how a grace period passes
   */
  constructor(options: TracepointsOptions) {
    this.#options = options;
    this.gracePeriods = options.gracePeriods ?? new GracePeriods();
  }

  get warnings(): readonly Warning[] {
    return this.#warnings.all;
  }

  /** Tracepoints of modules that are loaded. */
  get fromModules(): readonly string[] {
    return [...this.#modules.values()].flatMap((points) => points.map(({ name }) => name));
  }

  /**
   * Registers a probe: it is called before the first one with a lower priority, and after those with the same.
   *
   * @param point - which tracepoint
   * @param probe - what is called
   * @param data - what it is given before the call's own arguments
   * @param options.priority - 10 by default; higher is earlier
   * @param options.mayExist - whether a probe that is registered already with this data is nothing to complain about
   * @param options - probes are called from the highest priority down, 10 by default; with `mayExist` a second registration is no mistake
   */
  register<Args extends readonly unknown[], Data>(
    point: Tracepoint<Args>,
    probe: Probe<Args, Data>,
    data?: Data,
    { priority = DEFAULT_PRIORITY, mayExist = false }: { readonly priority?: number; readonly mayExist?: boolean } = {},
  ): Answer {
    const { onRegister, onUnregister } = point.options;
    if (onRegister !== undefined && !point.enabled()) {
      this.#effect(point, "regfunc");
      if (onRegister() < 0) return "-EREFUSED";
    }
    const refused = this.#whyNot(point, probe, data);
    if (refused !== undefined) {
      if (!point.enabled() && onUnregister !== undefined) {
        this.#effect(point, "unregfunc");
        onUnregister();
      }
      if (refused !== "-EEXIST" || !mayExist) this.#warn(point, `register: ${refused}`);
      return refused;
    }
    const old = point.probes;
    const kept = (old ?? []).filter((entry) => entry.probe !== STUB);
    const at = kept.findIndex((entry) => entry.priority < priority);
    const entry: ProbeEntry<Args> = { probe: probe as Probe<Args>, data, priority };
    const probes = kept.toSpliced(at < 0 ? kept.length : at, 0, entry);
    if (probes.length === 1) {
      // A call that was under way when the last probe went may still hold that array: its data must be gone first.
      this.#wait(point, "1_0_1");
      this.#callProbe(point, probes[0]!);
      this.#publish(point, probes);
      this.#effect(point, "enable key");
      this.#options.labels.enable(point.key);
    } else {
      if (probes.length === 2) this.#callIterator(point);
      this.#publish(point, probes);
      this.#rememberIfMoved(point, old, probes);
    }
    this.#release(old);
    return "ok";
  }

  /**
   * Takes out a probe that was registered with this data.
   *
   * @param point - which tracepoint
   * @param probe - what was called
   * @param data - with which it was registered
   */
  unregister<Args extends readonly unknown[], Data>(
    point: Tracepoint<Args>,
    probe: Probe<Args, Data>,
    data?: Data,
  ): Answer {
    const old = point.probes;
    if (old === null) {
      this.#warn(point, "unregister: -ENOENT");
      return "-ENOENT";
    }
    const isIt = (entry: ProbeEntry<Args>) => entry.probe === probe && entry.data === data;
    if (this.#options.compat !== "linux" && !old.some(isIt)) {
      this.#warn(point, "unregister: -ENOENT");
      return "-ENOENT";
    }
    const probes = old.filter((entry) => !isIt(entry) && entry.probe !== STUB);
    if (probes.length > 0 && this.#options.allocate?.() === false) {
      // In place: readers go on with the array they hold, and find nothing to call there.
      for (const entry of old) if (isIt(entry)) entry.probe = STUB;
      return "ok";
    }
    if (probes.length === 0) {
      if (point.enabled() && point.options.onUnregister !== undefined) {
        this.#effect(point, "unregfunc");
        point.options.onUnregister();
      }
      this.#effect(point, "disable key");
      this.#options.labels.disable(point.key);
      this.#callIterator(point);
      this.#publish(point, null);
      this.#remember(point, "1_0_1");
    } else {
      this.#publish(point, probes);
      this.#rememberIfMoved(point, old, probes);
      if (probes.length === 1) {
        // The call goes to the probe itself from here on, with the first entry's data: nobody may still hold another array.
        this.#wait(point, "N_2_1");
        this.#callProbe(point, probes[0]!);
      }
    }
    this.#release(old);
    return "ok";
  }

  /** `tracepoint_synchronize_unregister`: what a caller owes before it frees a probe or its data. */
  synchronizeUnregister(): void {
    this.gracePeriods.synchronize();
    this.gracePeriods.synchronize();
  }

  /**
   * A module brings tracepoints.
   *
   * @param name - of the module
   * @param points - its tracepoints
   * @param taints - the kernel's names of what taints it
   * @returns whether they were taken: a tainted module's are not
   */
  moduleComing(name: string, points: readonly Tracepoint<never>[], taints: readonly string[] = []): boolean {
    if (taints.some((taint) => !HARMLESS_TAINTS.has(taint))) return false;
    this.#modules.set(name, points);
    return true;
  }

  /**
   * A module goes; a probe that is still registered is told.
   *
   * @param name - of the module
   */
  moduleGoing(name: string): void {
    for (const point of this.#modules.get(name) ?? []) {
      if (point.probes !== null) this.#warnings.warn("probes-left", `${name}: ${point.name} still has probes`);
    }
    this.#modules.delete(name);
  }

  #whyNot<Args extends readonly unknown[], Data>(
    point: Tracepoint<Args>,
    probe: Probe<Args, Data>,
    data: Data | undefined,
  ): Exclude<Answer, "ok"> | undefined {
    if (typeof probe !== "function") return "-EINVAL";
    if (point.probes?.some((entry) => entry.probe === probe && entry.data === data)) return "-EEXIST";
    return this.#options.allocate?.() === false ? "-ENOMEM" : undefined;
  }

  #publish<Args extends readonly unknown[]>(point: Tracepoint<Args>, probes: readonly ProbeEntry<Args>[] | null): void {
    this.#effect(point, "publish");
    point.probes = probes;
  }

  #callIterator<Args extends readonly unknown[]>(point: Tracepoint<Args>): void {
    this.#effect(point, "call iterator");
    point.target = "iterator";
  }

  #callProbe<Args extends readonly unknown[]>(point: Tracepoint<Args>, { probe }: ProbeEntry<Args>): void {
    this.#effect(point, "call probe");
    point.target = probe === STUB ? "iterator" : probe;
  }

  /** Where the first entry's data changed, a static call to one probe may meet another's data until readers are done. */
  #rememberIfMoved<Args extends readonly unknown[]>(
    point: Tracepoint<Args>,
    old: readonly ProbeEntry<Args>[] | null,
    probes: readonly ProbeEntry<Args>[],
  ): void {
    if (old?.[0]?.data !== probes[0]?.data) this.#remember(point, "N_2_1");
  }

  #remember<Args extends readonly unknown[]>(point: Tracepoint<Args>, kind: "1_0_1" | "N_2_1"): void {
    this.#effect(point, `remember ${kind}`);
    this.#remembered.set(kind, this.gracePeriods.snapshot());
  }

  #wait<Args extends readonly unknown[]>(point: Tracepoint<Args>, kind: "1_0_1" | "N_2_1"): void {
    const since = this.#remembered.get(kind);
    if (since === undefined) return;
    this.#effect(point, `wait ${kind}`);
    this.gracePeriods.condSynchronize(since);
    this.#remembered.delete(kind);
  }

  /** Old arrays are freed when readers of both kinds of RCU are done with them. */
  #release(old: readonly unknown[] | null): void {
    if (old === null) return;
    this.gracePeriods.defer(() => this.gracePeriods.defer(() => undefined));
  }

  #effect<Args extends readonly unknown[]>({ name }: Tracepoint<Args>, effect: Effect): void {
    this.#options.onEffect?.(name, effect);
  }

  #warn<Args extends readonly unknown[]>({ name }: Tracepoint<Args>, what: string): void {
    this.#warnings.warn("tracepoint", `${name}: ${what}`);
  }
}
