import { createHash } from "node:crypto";
import { cell, Machine, type RunCore } from "../src/run/index.js";

/** Where the harness puts things: harness.c has the same numbers. */
export const scratch = 0x50000000;
export const scratchBytes = 4096;
export const code = 0x60000000;
export const codeBytes = 0x5000;
export const snippetAt: number = code + 0x2000;
/** Where nothing is mapped, so that a branch ends a snippet. */
export const nowhere = [0x58000000, 0x70000000] as const;

/** Registers, flags and memory from which a snippet starts or in which it ended. */
export interface State {
  /** R0 to R14, PC. */
  readonly r: readonly number[];
  /** Flags, GE, IT and T in their places of the CPSR. */
  readonly cpsr: number;
  readonly fpscr: number;
  readonly words: readonly number[];
}

export interface Snippet {
  readonly isa: "a32" | "t32";
  /** Bytes, with the undefined instruction at the end. */
  readonly bytes: Uint8Array;
  readonly seed: number;
  readonly before: State;
}

export interface Outcome {
  readonly after: State;
  /** Linux's number of the signal that ended it. */
  readonly signal: number;
  /** A hash of the scratch memory. */
  readonly memory: number;
}

/** The machine that snippets run on here. */
export function snippetMachine(): Machine {
  const machine = new Machine({ memoryBytes: 2 ** 24 });
  machine.memory.map(scratch, scratchBytes, { read: true, write: true });
  // Not writable: what a snippet that changes itself does is not about the meaning of instructions.
  machine.memory.map(code, codeBytes, { read: true, execute: true });
  return machine;
}

export function enter(machine: Machine, { isa, bytes, seed, before }: Snippet): RunCore {
  const core = machine.cores[0]!;
  fill(machine, seed);
  const page = new Uint8Array(128);
  page.set(bytes);
  machine.memory.write(snippetAt, page);
  const { cells } = core;
  before.r.forEach((value, i) => {
    cells[i] = value;
  });
  cells[15] = snippetAt;
  setStatus(cells, before.cpsr);
  cells[cell.thumb] = isa === "t32" ? 1 : 0;
  cells[cell.fpscr] = before.fpscr & 0x0fffffff;
  cells[cell.fpscrFlags] = before.fpscr >>> 28;
  before.words.forEach((value, i) => {
    cells[cell.words + i] = value;
  });
  core.clearExclusive();
  core.stopped = undefined;
  return core;
}

export function setStatus(cells: Int32Array, cpsr: number): void {
  [cell.n, cell.z, cell.c, cell.v, cell.q].forEach((at, i) => {
    cells[at] = (cpsr >>> (31 - i)) & 1;
  });
  cells[cell.ge] = (cpsr >>> 16) & 15;
  cells[cell.it] = 0;
}

export function statusOf(cells: Int32Array): number {
  let status = 0;
  [cell.n, cell.z, cell.c, cell.v, cell.q].forEach((at, i) => {
    status |= cells[at]! << (31 - i);
  });
  const it = cells[cell.it]!;
  return status | (cells[cell.ge]! << 16) | (cells[cell.thumb]! << 5) | ((it & 3) << 25) | ((it >> 2) << 10);
}

export function stateOf(core: RunCore): State {
  const { cells } = core;
  return {
    r: Array.from(cells.subarray(0, 16)),
    cpsr: statusOf(cells),
    fpscr: cells[cell.fpscr]! | (cells[cell.fpscrFlags]! << 28),
    words: Array.from(cells.subarray(cell.words, cell.words + 64)),
  };
}

export function fill(machine: Machine, seed: number): void {
  let x = seed | 0;
  const words = new Int32Array(scratchBytes / 4);
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = (x >>> 0) % 3 ? x : 0x5a000000 | (x & 0x00fffffd);
  }
  machine.memory.write(scratch, new Uint8Array(words.buffer));
}

export function hashOf(machine: Machine): number {
  const bytes = machine.memory.read(scratch, scratchBytes);
  const words = new Int32Array(bytes.buffer);
  let h = 2166136261 | 0;
  for (const word of words) h = Math.imul(h ^ word, 16777619);
  return h;
}

/** A name for the code of a snippet, for messages. */
export function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 12);
}
