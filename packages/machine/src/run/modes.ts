import { Interruption, type RunCore } from "./core.js";
import type { GuestMemory } from "./guest-memory.js";
import { cell } from "./layout.js";

/**
 * The processor modes that are modelled, by their number in the CPSR.
 *
 * @example
 * ```ts
 * mode.svc; // 0x13
 * ```
 */
export const mode = { usr: 0x10, fiq: 0x11, irq: 0x12, svc: 0x13, abt: 0x17, und: 0x1b, sys: 0x1f } as const;

/** Exceptions that go through the vectors. */
export type ExceptionKind = "undefined" | "svc" | "prefetch abort" | "data abort" | "irq";

/** Thrown when an exception was taken, or one was returned from: the instruction ends there and the core's state is whole. */
export const taken: unique symbol = Symbol("taken");

const entries: Readonly<
  Record<ExceptionKind, { readonly vector: number; readonly to: number; readonly masks: number }>
> = {
  undefined: { vector: 0x04, to: mode.und, masks: 0x80 },
  svc: { vector: 0x08, to: mode.svc, masks: 0x80 },
  "prefetch abort": { vector: 0x0c, to: mode.abt, masks: 0x180 },
  "data abort": { vector: 0x10, to: mode.abt, masks: 0x180 },
  irq: { vector: 0x18, to: mode.irq, masks: 0x180 },
};

/** Mode, and the masks A, I and F. */
const controlBits = 0x1df;
/** The bits that VBAR has. */
export const vectorBase: number = ~31;
const highVectors = 1 << 13;
const thumbVectors = 1 << 30;

/** Which set of banked registers a mode uses; -1 for a number that is no mode. */
function bankOf(number: number): number {
  return [mode.usr, mode.fiq, mode.irq, mode.svc, mode.abt, mode.und].indexOf(
    (number === mode.sys ? mode.usr : number) as 0x10,
  );
}

/** R13, R14 and SPSR (which goes by the number 15) of each mode, and R8 to R12 of FIQ mode and of the others; those of the current mode are in the core's cells. */
export class Banks {
  readonly #pairs = new Int32Array(18);
  readonly #fiq = new Int32Array(5);

  /** Changes the mode. */
  enter(core: RunCore, to: number): void {
    const { cells } = core;
    const [from, next] = [bankOf(modeOf(core)), bankOf(to)];
    if (next < 0)
      throw new Interruption({ kind: "unpredictable", reason: `mode 0x${to.toString(16)}, which does not exist` });
    cells[cell.cpsr] = (cells[cell.cpsr]! & ~0x1f) | to;
    if (from === next) return;
    this.#pairs.set([cells[13]!, cells[14]!, cells[cell.spsr]!], 3 * from);
    [cells[13], cells[14], cells[cell.spsr]] = [
      this.#pairs[3 * next]!,
      this.#pairs[3 * next + 1]!,
      this.#pairs[3 * next + 2]!,
    ];
    if ((from === 1) === (next === 1)) return;
    for (let i = 0; i < 5; i++) [cells[8 + i], this.#fiq[i]] = [this.#fiq[i]!, cells[8 + i]!];
  }

  /** A register of another mode. */
  read(core: RunCore, of: number, n: number): number {
    return this.#elsewhere(core, of, n, (words, at) => words[at]!);
  }

  write(core: RunCore, of: number, n: number, value: number): void {
    this.#elsewhere(core, of, n, (words, at) => {
      words[at] = value;
      return 0;
    });
  }

  #elsewhere(core: RunCore, of: number, n: number, use: (words: Int32Array, at: number) => number): number {
    const [here, there] = [bankOf(modeOf(core)), bankOf(of)];
    if (n >= 8 && n <= 12 && (here === 1) !== (there === 1)) return use(this.#fiq, n - 8);
    return n < 13 || here === there ? use(core.cells, n) : use(this.#pairs, 3 * there + n - 13);
  }
}

export function modeOf(core: RunCore): number {
  return core.cells[cell.cpsr]! & 0x1f;
}

/** Takes an exception: mode, SPSR, LR, masks, and on at the vector. Entry is context synchronisation. */
export function takeException(
  core: RunCore,
  banks: Banks,
  memory: GuestMemory,
  kind: ExceptionKind,
  link: number,
): void {
  const { cells } = core;
  const { vector, to, masks } = entries[kind];
  const sctlr = cells[cell.sctlr]!;
  const target = (((sctlr & highVectors) !== 0 ? 0xffff0000 : cells[cell.vbar]! & vectorBase) + vector) >>> 0;
  if (!memory.isExecutable(target)) {
    core.stopped = {
      kind: "exception",
      reason: `${kind} exception, and its vector at 0x${target.toString(16)} cannot be executed`,
    };
    return;
  }
  const status = core.status | 0;
  banks.enter(core, to);
  cells[cell.spsr] = status;
  cells[14] = link | 0;
  cells[cell.cpsr] = cells[cell.cpsr]! | masks;
  cells[cell.it] = 0;
  cells[cell.thumb] = (sctlr & thumbVectors) !== 0 ? 1 : 0;
  cells[15] = target;
  core.instructions++;
}

/** Returns from an exception: status from the SPSR unless it came with the instruction, and on at the target. */
export function returnFromException(core: RunCore, banks: Banks, target: number, given: number | undefined): void {
  const { cells } = core;
  const current = modeOf(core);
  // RFE brings the status itself: System mode has no SPSR, and need have none.
  if (current === mode.usr || (current === mode.sys && given === undefined))
    throw new Interruption({ kind: "unpredictable", reason: "exception return in a mode that has no SPSR" });
  const status = given ?? cells[cell.spsr]!;
  if ((status & 0x200) !== 0) throw new Interruption({ kind: "unimplemented", reason: "big-endian data" });
  if ((status & 0x1000000) !== 0) throw new Interruption({ kind: "unimplemented", reason: "Jazelle or ThumbEE code" });
  if ((status & 0x20) === 0 && (status & 0x600fc00) !== 0)
    throw new Interruption({ kind: "unpredictable", reason: "exception return into an IT block of A32 code" });
  core.clearExclusive();
  writeControl(core, banks, status);
  core.status = status;
  cells[15] = target & (cells[cell.thumb] === 1 ? ~1 : ~3);
  core.instructions++;
}

/** Mode and masks of the CPSR. */
export function writeControl(core: RunCore, banks: Banks, value: number): void {
  banks.enter(core, value & 0x1f);
  core.cells[cell.cpsr] = value & controlBits;
}
