import { bytesOf, type Isa } from "@cmodx/codec";
import { type ElfImage, symbolTypes } from "@cmodx/elf";
import type { Machine, RunCore } from "@cmodx/machine/run";
import { machineMemory } from "@cmodx/patching";
import type { EventValues } from "@cmodx/trace";
import type { Decision } from "./decide.js";
import { errorText, type HitEvent, KprobeEvents } from "./events/kprobe-events.js";
import { codeAddress } from "./life/arming.js";
import { listedText } from "./life/kernel-text.js";
import { Kprobes, type KprobesOptions } from "./life/kprobes.js";
import { ReturnProbes } from "./life/kretprobe.js";
import type { Registers } from "./life/registers.js";
import { ProbeCore, type TrapResult } from "./life/trap.js";

/** What is to be known of a program to probe it. */
export interface ProbedProgram {
  readonly isa: Isa;
  /** Addresses are without the Thumb bit. */
  readonly functions: readonly { readonly name: string; readonly start: number; readonly size: number }[];
  /** A page that nothing is mapped at, for hooked returns; the three behind it are free too, for detours. */
  readonly trampoline: number;
}

/**
 * A program as its file says it: its function symbols, and a page below it.
 *
 * @param image - a linked program, little-endian
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 *
 * const program = probedProgram(openElf(memorySource(readFileSync("samples/sites-arm.elf"))));
 * program.functions.map(({ name }) => name).includes("square"); // true
 * ```
 */
export function probedProgram(image: ElfImage): ProbedProgram {
  return { isa: programIsa(image), functions: functionsOf(image), trampoline: lowestPage(image) };
}

/** What probes a machine. */
export interface MachineProbesOptions extends Omit<KprobesOptions, "observe" | "detours"> {
  /** Whether probes become branches to detours, five ticks after they are armed; not by default. */
  readonly optimise?: boolean;
  readonly machine: Machine;
  /** What the machine runs: {@link probedProgram} of its file. */
  readonly program: ProbedProgram;
  /** Told of each hit of an event: the line of the trace from the event's name on, and what the record holds. */
  readonly hit: (core: RunCore, line: string, event: HitEvent, values: EventValues) => void;
  /** What the task of the machine is called. */
  readonly comm: string;
}

const PAGE = 0x1000;
const DETOUR_PAGES = 3;
const THUMB = 1;
/** What a detour's callback is to the guest: BX LR, in either instruction set. The host does the rest before it. */
const BX_LR = { a32: Uint8Array.of(0x1e, 0xff, 0x2f, 0xe1), t32: Uint8Array.of(0x70, 0x47) } as const;
/** Where a detour saves the flags, behind r0 to r15. */
const SAVED_FLAGS = 16;

/**
 * Probes in a program that runs on a machine: breakpoints are written into the guest's memory, a core that comes to one takes the kernel's
 * way through its handlers, and the probed instruction is executed by the machine's own semantics.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { memorySource, openElf } from "@cmodx/elf";
 * import { LinuxUser, programOf } from "@cmodx/machine/linux-user";
 * import { Machine } from "@cmodx/machine/run";
 *
 * const image = openElf(memorySource(readFileSync("samples/sites-arm.elf")));
 * const machine = new Machine();
 * LinuxUser.start(machine, programOf(image), { args: ["sites"], output: () => undefined });
 * const lines: string[] = [];
 * const program = probedProgram(image);
 * const probes = new MachineProbes({ machine, program, comm: "sites", compat: "strict", hit: (_, line) => lines.push(line) });
 * probes.add("p:ev square %r0"); // undefined
 * machine.run();
 * lines.length; // 2
 * ```
 */
export class MachineProbes {
  readonly kprobes: Kprobes;
  readonly events: KprobeEvents;
  readonly #options: MachineProbesOptions;
  readonly #returns: ReturnProbes;
  readonly #cores: ProbeCore[];
  /** The core that a handler is called for: handlers know registers only. */
  #current: RunCore;

  /**
   * Puts kprobes on a machine's program.
   *
   * @param options - the machine, the program, whose habits are followed, and what is recorded
   */
  constructor(options: MachineProbesOptions) {
    const { machine, program, hit, comm, optimise = false, ...kprobes } = options;
    const { isa, functions, trampoline } = program;
    this.#options = options;
    this.#current = machine.cores[0]!;
    const memory = machineMemory(machine);
    const text = listedText({ isa, memory, functions });
    const trap = (core: RunCore): boolean => this.#trap(core);
    const callback = trampoline + PAGE / 2;
    this.kprobes = new Kprobes(text, {
      ...kprobes,
      ...(optimise && {
        detours: {
          base: trampoline + PAGE,
          callback: callback + (isa === "t32" ? THUMB : 0),
          probe: (address: number) => address,
          maxPages: DETOUR_PAGES,
        },
      }),
      observe: ({ purpose, plan }) => {
        const { address } = plan.changes[0].edit;
        const { detour } = this.kprobes.siteAt(address) ?? {};
        if (purpose === "optimize" && detour !== undefined) memory.write(detour.address, detour.bytes);
        if (purpose === "arm" || purpose === "unoptimize") machine.setBreakpoint(address, trap, "instead");
        else machine.clearBreakpoint(address, trap);
      },
    });
    machine.memory.map(trampoline, PAGE * (1 + DETOUR_PAGES), { read: true, execute: true });
    memory.write(callback, BX_LR[isa]);
    machine.setBreakpoint(callback, (core) => this.#detoured(core));
    machine.setBreakpoint(trampoline, (core) => this.#returned(core));
    this.#returns = new ReturnProbes(this.kprobes, trampoline | (isa === "t32" ? THUMB : 0), machine.cores.length);
    this.events = new KprobeEvents(this.kprobes, this.#returns, {
      read: memory.read,
      comm: () => comm,
      hit: (line, event, values) => hit(this.#current, line, event, values),
    });
    this.#cores = machine.cores.map(
      () => new ProbeCore(this.kprobes, (decision, registers) => this.#execute(decision, registers)),
    );
  }

  /**
   * Defines and enables an event by a line of `kprobe_events`.
   *
   * @param line - `p:group/event symbol+offset args`
   * @returns what the kernel's error log would say where the line is refused
   */
  add(line: string): string | undefined {
    const defined = () =>
      this.events
        .read()
        .trim()
        .split("\n")
        .filter((one) => one !== "");
    const before = defined().length;
    if (!this.events.write(line).ok) {
      const error = this.events.errors.at(-1);
      return error === undefined ? "refused" : errorText(error, 0);
    }
    for (const one of defined().slice(before)) {
      const [, group = "", event = ""] = /^[^:]*:([^/]*)\/(\S+)/.exec(one) ?? [];
      this.events.enable(group, event, true);
    }
    return undefined;
  }

  /** A core came to a breakpoint. True: the instruction there has been executed, or must not be. */
  #trap(core: RunCore): boolean {
    this.#current = core;
    this.#returns.task = core.index;
    const registers = registersOf(core);
    const result = this.#cores[core.index]!.trap(registers);
    if (result === "gone") return false;
    this.#resume(core, registers, result);
    return true;
  }

  /** Handlers may have changed registers; where execution goes on and the flags are the machine's, if it has executed the instruction. */
  #resume(core: RunCore, registers: Registers, result: TrapResult): void {
    const { cells } = core;
    for (let n = 0; n < 15; n++) cells[n] = registers.r[n]! | 0;
    if (result === "handled" || result === "missed" || result === "faulted") return;
    if (result === "skipped") core.status = registers.cpsr;
    cells[15] = registers.r[15]! & ~THUMB;
    if (result === "skipped") core.instructions++;
  }

  /** A core is in a detour: r0 is the probe's address, r1 where the detour has saved the registers. */
  #detoured(core: RunCore): void {
    this.#current = core;
    this.#returns.task = core.index;
    const { memory } = this.#options.machine;
    const site = this.kprobes.siteAt(core.cells[0]! >>> 0);
    if (site === undefined) return;
    const saved = core.cells[1]! >>> 0;
    const words = new Uint32Array(memory.read(saved, 4 * (SAVED_FLAGS + 1)).slice().buffer);
    const registers: Registers = { r: words.subarray(0, SAVED_FLAGS), cpsr: words[SAVED_FLAGS]! };
    // Where the detour does not hold the instruction it is executed here, and the callback then goes on with its own registers.
    const own = registersOf(core);
    this.#cores[core.index]!.detour(site, registers);
    core.cells.set(own.r);
    core.status = own.cpsr;
    words[SAVED_FLAGS] = registers.cpsr;
    memory.write(saved, new Uint8Array(words.buffer));
  }

  /** The probed instruction, at its own address, by the machine. */
  #execute({ insn }: Decision, registers: Registers): "fault" | undefined {
    const core = this.#current;
    for (let n = 0; n < 15; n++) core.cells[n] = registers.r[n]! | 0;
    core.cells[15] = insn.address;
    core.status = registers.cpsr;
    const done = this.#options.machine.stepAs(core, bytesOf(insn));
    for (let n = 0; n < 16; n++) registers.r[n] = core.cells[n]! >>> 0;
    registers.cpsr = core.status;
    return done ? undefined : "fault";
  }

  /** A hooked function came back. */
  #returned(core: RunCore): boolean {
    this.#current = core;
    this.#returns.task = core.index;
    const registers = registersOf(core);
    const real = this.#returns.returned(registers);
    if (real === undefined) return false;
    for (let n = 0; n < 15; n++) core.cells[n] = registers.r[n]! | 0;
    core.cells[15] = real & ~THUMB;
    core.status = (core.status & ~0x20) | ((real & THUMB) << 5);
    return true;
  }
}

function registersOf(core: RunCore): Registers {
  const r = new Uint32Array(16);
  for (let n = 0; n < 16; n++) r[n] = core.cells[n]!;
  return { r, cpsr: core.status };
}

function functionsOf(image: ElfImage): { name: string; start: number; size: number }[] {
  const { symbols } = image;
  const functions: { name: string; start: number; size: number }[] = [];
  for (let i = 0; i < symbols.count; i++) {
    if (symbols.type(i) !== symbolTypes.function || !symbols.defined(i)) continue;
    functions.push({ name: symbols.name(i), start: codeAddress(symbols.address(i)), size: symbols.size[i]! });
  }
  return functions;
}

/** What the program is built of: what its main function is, or where it starts. */
function programIsa(image: ElfImage): Isa {
  const main = image.symbols.find("main");
  const address = main < 0 ? image.header.entry : image.symbols.address(main);
  return image.isaAt(image.locate(codeAddress(address))).isa ?? ((address & THUMB) === THUMB ? "t32" : "a32");
}

function lowestPage(image: ElfImage): number {
  const lowest = Math.min(...image.segments.filter(({ memoryBytes }) => memoryBytes > 0).map(({ address }) => address));
  return ((lowest & ~(PAGE - 1)) - 4 * PAGE) >>> 0;
}
