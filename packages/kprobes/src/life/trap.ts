import type { Decision } from "../decide.js";
import { codeAddress } from "./arming.js";
import type { Kprobes } from "./kprobes.js";
import type { Probe } from "./probe.js";
import { conditionHolds, type Registers, withItAdvanced } from "./registers.js";
import type { Site } from "./site.js";

/** Where a core is in handling a probe. @see linux include/linux/kprobes.h */
const statuses = { active: 1, stepping: 2, reentered: 4, stepped: 8 } as const;

type Status = (typeof statuses)[keyof typeof statuses];

/**
 * Executes the probed instruction on saved registers, its PC being that of the next instruction already; `"fault"` when it
 * faults on memory.
 */
export type Execute = (decision: Decision, registers: Registers) => "fault" | undefined;

/**
 * What a trap came to: `gone`: no probe is there any more, the instruction is executed again; `skipped`: its condition does not
 * hold; `missed`: it was hit inside another probe's handling; `redirected`: a handler changed where execution goes on;
 * `faulted`: it goes on as an ordinary fault; `dead`: a probe inside a probe inside a probe, where the kernel stops.
 */
export type TrapResult = "gone" | "skipped" | "missed" | "redirected" | "handled" | "faulted" | "dead";

/**
 * One core: what it does when a breakpoint traps, and when it comes to an optimised probe's detour.
 *
 * @example
 * ```ts
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const memory = bytesMemory(0x80100000, Uint8Array.of(0x00, 0x40, 0xa0, 0xe1, 0x1e, 0xff, 0x2f, 0xe1));
 * const kprobes = new Kprobes(listedText({ isa: "a32", memory, functions: [{ name: "work", start: 0x80100000, size: 8 }] }));
 * const seen: number[] = [];
 * kprobes.register(new Probe({ symbol: "work", pre: (_, { r }) => void seen.push(r[0]!) }));
 * const executed: string[] = [];
 * const core = new ProbeCore(kprobes, ({ insn }) => void executed.push(insn.mnemonic));
 * const registers = { r: new Uint32Array(16), cpsr: 0x13 };
 * registers.r.set([7], 0);
 * registers.r[15] = 0x80100000;
 * core.trap(registers); // "handled"
 * seen; // [7]
 * executed; // ["mov"]
 * ```
 */
export class ProbeCore {
  readonly #kprobes: Kprobes;
  readonly #execute: Execute;
  #current: Site | undefined;
  #status: Status | undefined;

  /**
   * Makes a core's part of the probes' handling.
   *
   * @param kprobes - whose probes are hit
   * @param execute - executes an instruction out of line
   */
  constructor(kprobes: Kprobes, execute: Execute) {
    this.#kprobes = kprobes;
    this.#execute = execute;
  }

  /** Whether a probe is being handled. */
  get busy(): boolean {
    return this.#current !== undefined;
  }

  /**
   * The core executed a breakpoint, with interrupts off; `registers` are as they were before it.
   *
   * @param registers - as they were before it; they change as the instruction and the handlers change them
   *
   * @see linux arch/arm/probes/kprobes/core.c, kprobe_handler
   */
  trap(registers: Registers): TrapResult {
    const site = this.#kprobes.siteAt(registers.r[15]!);
    if (site === undefined) return "gone";
    if (!conditionHolds(site.insn, registers.cpsr)) {
      registers.r[15]! += site.insn.size;
      if (site.insn.isa === "t32") registers.cpsr = withItAdvanced(registers.cpsr);
      return "skipped";
    }
    if (this.#current !== undefined) return this.#reenter(site, registers);
    this.#current = site;
    this.#status = statuses.active;
    if (callPre(site, registers)) {
      this.#leave();
      return "redirected";
    }
    this.#status = statuses.stepping;
    if (this.#step(site, registers) === "fault") return this.#fault(site, registers);
    if (site.hasPost) {
      this.#status = statuses.stepped;
      for (const probe of site.probes) if (!probe.disabled) probe.spec.post?.(probe, registers);
    }
    this.#leave();
    return "handled";
  }

  /**
   * The core came to the detour of the site: handlers are called, and cannot change where execution goes on.
   *
   * @param site - whose detour it is
   * @param registers - as they were at the site
   *
   * @see linux arch/arm/probes/kprobes/opt-arm.c, optimized_callback
   */
  detour(site: Site, registers: Registers): "handled" | "missed" {
    registers.r[15] = site.address;
    const missed = this.#current !== undefined;
    if (missed) for (const probe of site.probes) probe.nmissed++;
    else {
      this.#current = site;
      this.#status = statuses.active;
      for (const probe of site.probes) if (!probe.disabled) probe.spec.pre?.(probe, registers);
      this.#leave();
    }
    if (site.detour?.direct === false) this.#step(site, registers);
    return missed ? "missed" : "handled";
  }

  #reenter(site: Site, registers: Registers): TrapResult {
    if (this.#status === statuses.reentered) return "dead";
    for (const probe of site.probes) probe.nmissed++;
    const [outer, status] = [this.#current, this.#status];
    this.#current = site;
    this.#status = statuses.reentered;
    const fault = this.#step(site, registers);
    this.#current = outer;
    this.#status = status;
    if (fault !== "fault") return "missed";
    registers.r[15] = this.#faultAddress(site);
    return "faulted";
  }

  /** The PC is that of the next instruction when an instruction is executed; ITSTATE advances behind it. */
  #step(site: Site, registers: Registers): "fault" | undefined {
    registers.r[15]! += site.insn.size;
    const result = this.#execute(site.decision, registers);
    const startsBlock = site.insn.encoding?.id === "IT_T1";
    if (result !== "fault" && site.insn.isa === "t32" && !startsBlock) registers.cpsr = withItAdvanced(registers.cpsr);
    return result;
  }

  /** The fault is handled as if the instruction at the probe had caused it. */
  #fault(site: Site, registers: Registers): TrapResult {
    registers.r[15] = this.#faultAddress(site);
    this.#leave();
    return "faulted";
  }

  /** Linux leaves the bit that marks Thumb in the PC, where the address that was given has it. */
  #faultAddress({ address }: Site): number {
    return this.#kprobes.compat === "strict" ? codeAddress(address) : address;
  }

  #leave(): void {
    this.#current = undefined;
    this.#status = undefined;
  }
}

/** Calls what is to be called before the instruction, until one of them changes where execution goes on. */
function callPre(site: Site, registers: Registers): boolean {
  return site.probes.some(
    (probe: Probe) => (!site.aggregate || !probe.disabled) && probe.spec.pre?.(probe, registers) === true,
  );
}
