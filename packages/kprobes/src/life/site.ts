import type { Insn } from "@cmodx/codec";
import type { Decision } from "../decide.js";
import type { Detour } from "./detour-frame.js";
import { flags, type Probe } from "./probe.js";

/**
 * All probes of one address. The first probe stands for itself; when a second one comes, or a detour can be made, the kernel puts
 * an aggregate in its place, with flags of its own.
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const memory = bytesMemory(0x80100000, Uint8Array.of(0x00, 0x40, 0xa0, 0xe1, 0x1e, 0xff, 0x2f, 0xe1));
 * const kprobes = new Kprobes(listedText({ isa: "a32", memory, functions: [{ name: "work", start: 0x80100000, size: 8 }] }));
 * kprobes.register(new Probe({ symbol: "work" }));
 * const site = kprobes.siteAt(0x80100000);
 * site?.insn.mnemonic; // "mov"
 * site?.aggregate; // false
 * ```
 */
export class Site {
  readonly address: number;
  /** What is there without probes. */
  insn: Insn;
  decision: Decision;
  slot: number | undefined;
  /** The newest first: so the kernel calls them. */
  probes: Probe[];
  aggregate = false;
  /** Of the aggregate. */
  #flags = 0;
  /** Whether the aggregate has a handler that is called after the instruction. */
  post = false;
  detour: Detour | undefined;
  /** What the optimiser is to do with it. */
  queued: "optimize" | "unoptimize" | "free" | undefined;

  /**
   * Makes the site of a first probe; {@link Kprobes.register} does.
   *
   * @param address - of the instruction
   * @param decision - how it is executed when it is hit
   * @param slot - address of its copy, where it is executed out of line
   * @param probe - the first one there
   */
  constructor(address: number, decision: Decision, slot: number | undefined, probe: Probe) {
    this.address = address;
    this.insn = decision.insn;
    this.decision = decision;
    this.slot = slot;
    this.probes = [probe];
  }

  get flags(): number {
    return this.aggregate ? this.#flags : (this.probes[0]?.flags ?? 0);
  }

  set flags(value: number) {
    if (this.aggregate) this.#flags = value;
    else if (this.probes[0] !== undefined) this.probes[0].flags = value;
  }

  /** Puts an aggregate in the place of the only probe. */
  becomeAggregate(): void {
    const own = this.flags & ~flags.optimized;
    const probe = this.probes[0];
    this.aggregate = true;
    this.#flags = own;
    this.post = probe?.spec.post !== undefined && !probe.gone;
  }

  get disabled(): boolean {
    return (this.flags & (flags.disabled | flags.gone)) !== 0;
  }

  get gone(): boolean {
    return (this.flags & flags.gone) !== 0;
  }

  get optimized(): boolean {
    return (this.flags & flags.optimized) !== 0;
  }

  /** An aggregate whose last probe went while its jump is still there. */
  get unused(): boolean {
    return this.aggregate && this.disabled && this.probes.length === 0;
  }

  /** Not in the text, and not about to be taken out of it. */
  get disarmed(): boolean {
    return this.disabled && this.queued === undefined;
  }

  get hasPost(): boolean {
    return this.aggregate ? this.post : this.probes[0]?.spec.post !== undefined;
  }
}
