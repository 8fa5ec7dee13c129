import type { Decision } from "../decide.js";
import type { Compat } from "../rule.js";
import type { Armourer } from "./arming.js";
import { makeDetour } from "./detour.js";
import { type Detour, detourBytes } from "./detour-frame.js";
import { flags } from "./probe.js";
import type { Site } from "./site.js";
import { SlotPool } from "./slot-pool.js";

/** Where detours go and what they call. */
export interface DetourPlace {
  /** First page for detours. */
  readonly base: number;
  readonly callback: number;
  /** The address by which the callback knows the probe. */
  readonly probe?: (address: number) => number;
  readonly maxPages?: number;
}

/** Timer ticks from the first request to the work. @see linux kernel/kprobes.c, OPTIMIZE_DELAY */
const delay = 5;

/**
 * Turns armed probes into branches to detours and back, a few ticks after it was asked to, so that many changes share the wait
 * for tasks that stand in a detour.
 */
export class Optimizer {
  allowed = true;
  /** Ticks. */
  now = 0;
  #due: number | undefined;
  #optimizing: Site[] = [];
  #unoptimizing: Site[] = [];
  #freeing: Site[] = [];
  readonly #pool: SlotPool;
  readonly #place: DetourPlace;
  readonly #compat: Compat;
  readonly #armourer: Armourer;
  readonly #remove: (site: Site, detached: boolean) => void;
  /** What the kernel says when it stops: a branch that does not reach. */
  readonly bugs: string[] = [];

  /** @param remove - takes a site out of the table, or frees what it holds once it is out */
  constructor(place: DetourPlace, compat: Compat, armourer: Armourer, remove: (site: Site, detached: boolean) => void) {
    // The kernel counts the slot's size in words where it is in bytes, so slots lie four times as far apart as they are long.
    this.#pool = new SlotPool(place.base, 4 * detourBytes, place.maxPages);
    this.#place = place;
    this.#compat = compat;
    this.#armourer = armourer;
    this.#remove = remove;
  }

  /** A detour for a site, where one can be made. */
  prepare(address: number, { insn, stack, registers }: Decision): Detour | undefined {
    const slot = this.#pool.take();
    if (slot === undefined) return undefined;
    const probe = this.#place.probe?.(address) ?? 0;
    const request = { insn, stack: stack ?? 0, registers, address: slot, probe, callback: this.#place.callback };
    const made = makeDetour(request, this.#compat);
    if (made.ok) return made.detour;
    this.#pool.free(slot, false);
    return undefined;
  }

  release(site: Site): void {
    if (site.detour !== undefined) this.#pool.free(site.detour.address, true);
    site.detour = undefined;
  }

  /** Asks for the branch, where the probe may have one. @param armed - whether probes are armed at all */
  optimize(site: Site, armed: boolean): void {
    if (site.detour === undefined || !this.allowed || site.disabled || !armed || site.hasPost) return;
    if (site.optimized) {
      if (site.queued === "unoptimize") this.#dequeue(site);
      return;
    }
    site.flags |= flags.optimized;
    site.queued = "optimize";
    this.#optimizing.unshift(site);
    this.#kick();
  }

  /** Asks for the breakpoint back; `force` writes it at once. */
  unoptimize(site: Site, force: boolean): void {
    if (!site.aggregate || site.disarmed || !site.optimized) return;
    if (site.queued === "optimize") {
      this.#dequeue(site);
      site.flags &= ~flags.optimized;
    } else if (force) {
      this.#armourer.unoptimize(site);
      site.flags &= ~flags.optimized;
      if (site.queued === "unoptimize") {
        this.#dequeue(site);
        site.queued = "free";
        this.#freeing.push(site);
      }
    } else if (site.queued === undefined) {
      site.queued = "unoptimize";
      this.#unoptimizing.unshift(site);
      this.#kick();
    }
  }

  /** Forgets a site whose text is gone. */
  kill(site: Site): void {
    this.#dequeue(site);
    site.flags &= ~flags.optimized;
    this.release(site);
  }

  /** Lets time pass; the work is done when it is due. */
  advance(ticks: number, armed: boolean): void {
    this.now += ticks;
    while (this.#due !== undefined && this.#due <= this.now) this.#work(armed);
  }

  /** Does what is asked for at once, as a change of the switches waits for it. */
  flush(armed: boolean): void {
    for (let round = 0; round < 2 && this.#due !== undefined; round++) this.#work(armed);
  }

  #kick(): void {
    this.#due ??= this.now + delay;
  }

  #dequeue(site: Site): void {
    site.queued = undefined;
    this.#optimizing = this.#optimizing.filter((one) => one !== site);
    this.#unoptimizing = this.#unoptimizing.filter((one) => one !== site);
    this.#freeing = this.#freeing.filter((one) => one !== site);
  }

  #work(armed: boolean): void {
    this.#due = undefined;
    // Back to breakpoints first: what frees a detour has to come before the wait for those who stand in it.
    for (const site of this.#unoptimizing) {
      this.#armourer.unoptimize(site);
      this.#freeing.push(site);
    }
    this.#unoptimizing = [];
    const cleaned: Site[] = [];
    for (const site of this.#freeing) {
      site.queued = undefined;
      site.flags &= ~flags.optimized;
      if (site.disabled && !site.gone) this.#armourer.disarm(site);
      if (site.unused) {
        this.#remove(site, false);
        cleaned.push(site);
      }
    }
    this.#freeing = [];
    if (armed && this.allowed) {
      for (const site of this.#optimizing) {
        site.queued = undefined;
        if (site.detour !== undefined && !this.#armourer.optimize(site, site.detour.address))
          this.bugs.push(`no branch from 0x${site.address.toString(16)} reaches 0x${site.detour.address.toString(16)}`);
      }
      this.#optimizing = [];
    }
    for (const site of cleaned) {
      this.release(site);
      this.#remove(site, true);
    }
    if (this.#unoptimizing.length > 0) this.#kick();
  }
}
