import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Insn } from "@cmodx/codec";

/** Where the data window of run-words.c lies, and how large it is. */
export const windowBase = 0x50000000;
export const windowSize = 1 << 14;

/** The bits of the CPSR by the letter of the flag; GE has four. */
export const flagBits: Readonly<Record<string, number>> = {
  N: 0x80000000,
  Z: 0x40000000,
  C: 0x20000000,
  V: 0x10000000,
  Q: 0x08000000,
  GE: 0x000f0000,
};

/** What an instruction is run with. */
export interface Trial {
  readonly insn: Insn;
  /** r0 to r14. */
  readonly core: Uint32Array;
  /** d0 to d31 in words. */
  readonly simd: Uint32Array;
  readonly flags: number;
  /** Which of two addresses it lies at. */
  readonly slot: 0 | 1;
  readonly memorySeed: number;
  /** A byte of the window that is changed before; `all` for every byte. */
  readonly flip?: number | "all";
}

/** What came of it. */
export interface Outcome {
  /** Of the next instruction, from the address of this one. */
  readonly pc: number;
  readonly thumb: boolean;
  readonly flags: number;
  readonly core: Uint32Array;
  readonly simd: Uint32Array;
  readonly fpscr: number;
  /** Bytes of the window that are not what they were: the offset shifted by 8, and the byte. */
  readonly changed: readonly number[];
  /** Whether it ran: it is defined, and its memory is mapped. */
  readonly ran: boolean;
  /** The signal that stopped it when it did not: 4 is SIGILL. */
  readonly signal: number;
}

const trialBytes = 344;
const resultBytes = 1456;
const userMode = 0x10;

/** A program that runs words under qemu-arm. */
export class Machine {
  readonly #folder: string;
  readonly #cpu: string;

  constructor(cpu: string) {
    this.#cpu = cpu;
    this.#folder = mkdtempSync(join(tmpdir(), "cmodx-codec-"));
    const source = join(import.meta.dirname, "run-words.c");
    const flags = ["-O2", "-static", "-marm", "-march=armv7-a", "-mfpu=neon", "-o", this.#program, source];
    const built = spawnSync("arm-linux-gnueabihf-gcc", flags, { encoding: "utf8" });
    if (built.status !== 0) throw new Error(`arm-linux-gnueabihf-gcc: ${built.stderr}`);
  }

  get #program(): string {
    return join(this.#folder, "run-words");
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  run(trials: readonly Trial[]): Outcome[] {
    const input = Buffer.alloc(trials.length * trialBytes);
    trials.forEach(({ insn, core, simd, flags, slot, memorySeed, flip }, i) => {
      const words = new Uint32Array(input.buffer, input.byteOffset + i * trialBytes, trialBytes / 4);
      const thumb = insn.isa === "t32" ? 1 : 0;
      const it = ((insn.it & 3) << 25) | ((insn.it >> 2) << 10);
      const cpsr = (flags | userMode | (thumb << 5) | it) >>> 0;
      words.set([thumb, insn.size, insn.word, slot, cpsr, memorySeed, flip === "all" ? 0xffffffff : (flip ?? 0)]);
      words.set(core, 7);
      words.set(simd, 22);
    });
    const { stdout, error, status } = spawnSync("qemu-arm", ["-cpu", this.#cpu, this.#program], {
      input,
      maxBuffer: 1 << 30,
      timeout: 120_000,
    });
    if (error !== undefined || status !== 0 || stdout.length !== trials.length * resultBytes)
      throw new Error(`qemu-arm: ${error?.message ?? `status ${status}, ${stdout.length / resultBytes} results`}`);
    const bytes = new Uint8Array(stdout);
    return trials.map((_, i) => {
      const words = new Uint32Array(bytes.buffer, bytes.byteOffset + i * resultBytes, resultBytes / 4);
      const changes = words[83]!;
      return {
        signal: words[0]!,
        pc: words[1]! | 0,
        thumb: (words[2]! & 0x20) !== 0,
        flags: words[2]!,
        core: words.slice(3, 18),
        simd: words.slice(18, 82),
        fpscr: words[82]!,
        changed: [...words.subarray(84, 84 + changes)],
        ran: words[1] !== 0,
      };
    });
  }
}
