import { noIt } from "@cmodx/codec";
import { decide } from "../decide.js";
import type { Compat } from "../rule.js";
import { type Arming, Armourer, codeAddress, type TextChange } from "./arming.js";
import { checkPlace, findPlace, itStateAt, readInsn } from "./checks.js";
import type { Detour } from "./detour-frame.js";
import type { KernelText, Module } from "./kernel-text.js";
import { within } from "./kernel-text.js";
import { type DetourPlace, Optimizer } from "./optimizer.js";
import { flags, type Probe } from "./probe.js";
import { done, type Outcome, type Refusal, refuse } from "./refusal.js";
import { Site } from "./site.js";
import { SlotPool } from "./slot-pool.js";

/** How a kernel is built, and what it has room for. */
export interface KprobesOptions {
  /** Whose answers: `linux` by default. */
  readonly compat?: Compat;
  /** How probes are put into the text: `kernel` by default. */
  readonly arming?: Arming;
  /** First page for slots. */
  readonly slotBase?: number;
  /** Pages of slots there may be. */
  readonly slotPages?: number;
  /** Present in a kernel that optimises probes: Linux does in A32 only, and `strict` in Thumb too. */
  readonly detours?: DetourPlace;
  /** Told of each change of the text. */
  readonly observe?: (change: TextChange) => void;
}

/** Bytes of a slot: the instruction and its return. */
const slotBytes = 8;

/**
 * The probes of a kernel: registered, armed, optimised, disabled and removed as Linux does it, with its errors.
 *
 * @see linux kernel/kprobes.c, arch/arm/probes/kprobes/core.c
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 * const memory = bytesMemory(0x8000, Uint8Array.of(0x04, 0xe0, 0x2d, 0xe5));
 * const text = listedText({ isa: "a32", memory, functions: [{ name: "f", start: 0x8000, size: 4 }] });
 * const kprobes = new Kprobes(text);
 * kprobes.register(new Probe({ symbol: "f" })).ok; // true
 * memory.read(0x8000, 4); // Uint8Array [0xf8, 0x01, 0xf0, 0xe7]
 * ```
 */
export class Kprobes {
  readonly text: KernelText;
  readonly compat: Compat;
  readonly #sites = new Map<number, Site>();
  readonly #slots: SlotPool;
  readonly #armourer: Armourer;
  readonly #optimizer: Optimizer | undefined;
  #armed = true;

  /**
   * Makes the kprobes of a text: none at first.
   *
   * @param text - where probes may be
   * @param options - whose habits are followed, room for slots and detours
   */
  constructor(text: KernelText, options: KprobesOptions = {}) {
    this.text = text;
    this.compat = options.compat ?? "linux";
    this.#slots = new SlotPool(options.slotBase ?? 0x7f000000, slotBytes, options.slotPages);
    this.#armourer = new Armourer(text, options.arming ?? "kernel", options.observe);
    if (options.detours !== undefined && (text.isa === "a32" || this.compat === "strict"))
      this.#optimizer = new Optimizer(options.detours, this.compat, this.#armourer, (site, detached) =>
        detached ? this.#freeSlot(site) : this.#sites.delete(site.address),
      );
  }

  /**
   * Registers a probe, and arms it unless it is to be disabled. The checks are in the kernel's order.
   *
   * @param probe - one that is not registered
   */
  register(probe: Probe): Outcome {
    const place = findPlace(this.text, probe.spec);
    if (!place.ok) return place;
    if (this.siteOf(probe) !== undefined) return refuse("EINVAL", "registered", "it is registered already");
    const { address } = place;
    const wrong = checkPlace(this.text, address, this.compat);
    if (wrong !== undefined) return wrong;
    probe.address = address;
    probe.nmissed = 0;
    probe.flags = (probe.spec.disabled === true ? flags.disabled : 0) | (place.entry ? flags.onFunctionEntry : 0);
    const old = this.#sites.get(address);
    if (old !== undefined) return this.#join(old, probe);
    const prepared = this.#prepare(address);
    if (!prepared.ok) return prepared;
    const site = new Site(address, prepared.decision, prepared.slot, probe);
    this.#sites.set(address, site);
    if (this.#armed && !site.disabled) this.#arm(site);
    this.#tryToOptimize(site);
    return done;
  }

  /**
   * Registers all, or none.
   *
   * @param probes - none of them registered
   */
  registerAll(probes: readonly Probe[]): Outcome {
    if (probes.length === 0) return refuse("EINVAL", "count", "there are none to register");
    for (const [i, probe] of probes.entries()) {
      const outcome = this.register(probe);
      if (outcome.ok) continue;
      this.unregisterAll(probes.slice(0, i));
      return outcome;
    }
    return done;
  }

  /**
   * Takes a probe out; the last one of its site gives the instruction back.
   *
   * @param probe - one that is registered
   */
  unregister(probe: Probe): void {
    this.unregisterAll([probe]);
  }

  /**
   * Takes probes out; those that are not registered are left alone, as the kernel does.
   *
   * @param probes - registered or not
   */
  unregisterAll(probes: readonly Probe[]): void {
    for (const probe of probes) {
      const site = this.siteOf(probe);
      if (site === undefined) continue;
      this.#disable(site, probe);
      if (!site.aggregate || (site.probes.length === 1 && site.disarmed)) {
        this.#sites.delete(site.address);
        this.#optimizer?.release(site);
        this.#freeSlot(site);
        continue;
      }
      site.probes = site.probes.filter((one) => one !== probe);
      if (probe.spec.post !== undefined && !probe.gone)
        site.post = site.probes.some(({ spec }) => spec.post !== undefined);
      // Without the handler behind the instruction it may be optimised again.
      if (!site.disabled && this.#armed) this.#optimizer?.optimize(site, this.#armed);
    }
  }

  /**
   * Has a probe's handlers called no more, until {@link enable}.
   *
   * @param probe - one that is registered
   */
  disable(probe: Probe): Outcome {
    const site = this.siteOf(probe);
    if (site === undefined) return refuse("EINVAL", "known", "it is not registered");
    this.#disable(site, probe);
    return done;
  }

  /**
   * Takes {@link disable} back.
   *
   * @param probe - one that is registered
   */
  enable(probe: Probe): Outcome {
    const site = this.siteOf(probe);
    if (site === undefined) return refuse("EINVAL", "known", "it is not registered");
    if (probe.gone) return refuse("EINVAL", "gone", "the text it was in is gone");
    if (site.aggregate) probe.flags &= ~flags.disabled;
    if (this.#armed && site.disabled) {
      site.flags &= ~flags.disabled;
      this.#arm(site);
    } else if (this.compat === "strict") {
      // Linux leaves it disabled while all are disarmed, and arming all then passes it over.
      site.flags &= ~flags.disabled;
    }
    return done;
  }

  /** The switch of `kprobes/enabled`: arms or disarms all. */
  set armed(value: boolean) {
    if (this.#armed === value) return;
    this.#armed = value;
    for (const site of this.#sites.values()) {
      if (site.disabled) continue;
      if (value) this.#arm(site);
      else this.#disarm(site);
    }
    if (!value) this.#optimizer?.flush(value);
  }

  get armed(): boolean {
    return this.#armed;
  }

  /** The switch of `debug.kprobes-optimization`. */
  set optimization(value: boolean) {
    const optimizer = this.#optimizer;
    if (optimizer === undefined || optimizer.allowed === value) return;
    optimizer.allowed = value;
    for (const site of this.#sites.values()) {
      if (site.disabled) continue;
      if (value) optimizer.optimize(site, this.#armed);
      else optimizer.unoptimize(site, false);
    }
    if (!value) optimizer.flush(this.#armed);
  }

  get optimization(): boolean {
    return this.#optimizer?.allowed ?? false;
  }

  /**
   * Lets timer ticks pass: probes are optimised five ticks after they were armed.
   *
   * @param ticks - how many, from 0
   */
  advance(ticks: number): void {
    this.#optimizer?.advance(ticks, this.#armed);
  }

  /** What the kernel says before it stops. */
  get bugs(): readonly string[] {
    return this.#optimizer?.bugs ?? [];
  }

  /** Slots handed out. One that is taken for an instruction whose stack use is refused is never given back. */
  get slotsInUse(): number {
    return this.#slots.used;
  }

  /**
   * A module's state changed: probes in text that goes away are gone, and nothing is written there.
   *
   * @param module - with its new state
   */
  moduleChanged(module: Module): void {
    for (const site of this.#sites.values()) {
      const init = within(site.address, module.init) && module.state !== "coming";
      if (!init && !(module.state === "going" && within(site.address, module.core))) continue;
      site.flags |= flags.gone;
      if (site.aggregate) {
        for (const probe of site.probes) probe.flags |= flags.gone;
        site.post = false;
      }
      this.#optimizer?.kill(site);
      this.#freeSlot(site);
    }
  }

  /**
   * The site that a trap at this address belongs to: in Thumb first with the bit that pointers to functions have.
   *
   * @param pc - address of the instruction that trapped
   */
  siteAt(pc: number): Site | undefined {
    const marked = this.text.isa === "t32" ? this.#sites.get((pc | 1) >>> 0) : undefined;
    return marked ?? this.#sites.get(pc);
  }

  /**
   * The site that a probe is on.
   *
   * @param probe - one that is registered
   */
  siteOf(probe: Probe): Site | undefined {
    const site = probe.address === undefined ? undefined : this.#sites.get(probe.address);
    return site?.probes.includes(probe) ? site : undefined;
  }

  get sites(): Iterable<Site> {
    return this.#sites.values();
  }

  #prepare(address: number): { ok: true; decision: ReturnType<typeof decide>; slot: number | undefined } | Refusal {
    if (this.text.isa === "a32" && address % 4 !== 0)
      return refuse("EINVAL", "alignment", "an A32 instruction begins at a multiple of 4");
    const insn = readInsn(this.text, codeAddress(address));
    if (insn === undefined) return refuse("EINVAL", "instruction", "there are no bytes");
    const decision = decide(insn, this.compat);
    // The kernel looks at the stack only when it has taken a slot, which it does not give back.
    const forStack = decision.action === "reject" && decision.stack !== null;
    const leaks = forStack && this.compat === "linux";
    if (decision.action === "reject" && !forStack) return refuse("EINVAL", "instruction", decision.reason);
    const slot = decision.action === "emulate" || leaks ? this.#slots.take() : undefined;
    if (slot === undefined && (decision.action === "emulate" || leaks))
      return refuse("ENOMEM", "slot", "there is no memory for a slot");
    if (forStack) return refuse("EINVAL", "stack", decision.reason);
    return { ok: true, decision, slot };
  }

  /** A further probe at an address that has one. */
  #join(site: Site, probe: Probe): Outcome {
    if (!site.aggregate) {
      site.detour = this.#detourFor(site);
      site.becomeAggregate();
    } else if (site.unused) {
      // It was about to be freed; it is taken back.
      site.flags &= ~flags.disabled;
      this.#optimizer?.optimize(site, this.#armed);
    }
    if (site.gone) {
      const prepared = this.#prepare(site.address);
      if (!prepared.ok) return prepared;
      site.insn = prepared.decision.insn;
      site.decision = prepared.decision;
      site.slot = prepared.slot;
      site.detour = this.#detourFor(site);
      site.flags = (site.flags & ~flags.gone) | flags.disabled;
    }
    if (probe.spec.post !== undefined) this.#optimizer?.unoptimize(site, true);
    site.probes.unshift(probe);
    if (probe.spec.post !== undefined) site.post = true;
    if (site.disabled && !probe.disabled) {
      site.flags &= ~flags.disabled;
      if (this.#armed) this.#arm(site);
    }
    return done;
  }

  #detourFor({ address, decision }: Site): Detour | undefined {
    // In an IT block no branch may stand.
    if (this.text.isa === "t32" && itStateAt(this.text, codeAddress(address)) !== noIt) return undefined;
    return this.#optimizer?.prepare(address, decision);
  }

  #tryToOptimize(site: Site): void {
    const detour = this.#detourFor(site);
    if (detour === undefined) return;
    site.becomeAggregate();
    site.detour = detour;
    this.#optimizer?.optimize(site, this.#armed);
  }

  #arm(site: Site): void {
    // Linux writes the breakpoint over a branch that was about to go, and goes on to call the probe optimised.
    const stays = this.compat === "strict" && site.queued === "unoptimize";
    if (!stays) this.#armourer.arm(site);
    this.#optimizer?.optimize(site, this.#armed);
  }

  #disarm(site: Site): void {
    this.#optimizer?.unoptimize(site, !this.#armed);
    if (site.queued === undefined) this.#armourer.disarm(site);
  }

  #disable(site: Site, probe: Probe): void {
    if (probe.disabled) return;
    if (site.aggregate) {
      probe.flags |= flags.disabled;
      if (site.probes.some((one) => !one.disabled)) return;
    }
    if (this.#armed && !site.disabled) this.#disarm(site);
    site.flags |= flags.disabled;
  }

  #freeSlot(site: Site): void {
    if (site.slot !== undefined) this.#slots.free(site.slot, false);
    site.slot = undefined;
  }
}
