import { isWide } from "@cmodx/codec";
import type { RunCore } from "./core.js";
import { type FlagSet, flagsSet } from "./flag-liveness.js";
import { MemoryFault } from "./guest-memory.js";
import { type Constants, type Interpretable, interpretable } from "./interpret.js";
import { cell } from "./layout.js";
import { decodeAt, record } from "./record.js";

/** Instructions that are kept decoded. */
const mostKnown = 2 ** 18;

/** An instruction that was decoded, and the one that was executed behind it last. */
export interface Known {
  readonly key: number;
  readonly word: number;
  readonly it: number;
  readonly code: Interpretable;
  behind: Known | undefined;
  /** Where its last load or store was; -1 before any. */
  accessed: number;
}

/** Instructions that were decoded. One is good as long as its bits are those that are fetched now, in the same IT state. */
export class KnownCode {
  readonly #constants: Constants;
  readonly #fetched = new Map<number, Known>();
  /** What stands at an address without what somebody has put there. */
  readonly #instead = new Map<number, Known>();

  constructor(constants: Constants) {
    this.#constants = constants;
  }

  /** The instruction at an address as the core fetches it now: `guess` is what it probably is. */
  at(core: RunCore, pc: number, guess?: Known): Known {
    const { cells, port } = core;
    const thumb = cells[cell.thumb]!;
    if ((pc & (thumb === 1 ? 1 : 3)) !== 0) throw new MemoryFault("fetch", pc, "alignment");
    // Words are kept as signed numbers, which are small ones for the host.
    const first = port.fetch(pc, thumb === 1 ? 2 : 4);
    const wide = thumb === 1 && isWide(first);
    const word = wide ? (first << 16) | port.fetch((pc + 2) >>> 0, 2) : first;
    if (guess !== undefined && guess.key === pc + thumb && guess.word === word && guess.it === cells[cell.it]!)
      return guess;
    return this.#decoded(this.#fetched, core, pc, word, wide);
  }

  /** The flags that the core's next instruction sets. */
  flagsSetNext(core: RunCore): FlagSet {
    try {
      return flagsSet(this.at(core, core.cells[15]! >>> 0).code.program);
    } catch {
      // What cannot be fetched faults when it is executed.
      return 0;
    }
  }

  /** Where the instruction at an address, with T as bit 0, has loaded or stored last; undefined when it was not executed here. */
  accessedBy(key: number): number | undefined {
    const accessed = this.#fetched.get(key)?.accessed ?? -1;
    return accessed === -1 ? undefined : accessed;
  }

  /** The instruction of these bytes, as if they were at the address. */
  of(core: RunCore, pc: number, bytes: Uint8Array): Known {
    const half = (at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    const thumb = core.cells[cell.thumb]!;
    const wide = thumb === 0 || isWide(half(0));
    const word = thumb === 0 ? half(0) | (half(2) << 16) : wide ? (half(0) << 16) | half(2) : half(0);
    return this.#decoded(this.#instead, core, pc, word, wide);
  }

  /** The instruction of these bits at an address, where it is remembered or decoded now. */
  #decoded(among: Map<number, Known>, { cells }: RunCore, pc: number, word: number, wide: boolean): Known {
    const thumb = cells[cell.thumb]!;
    const it = cells[cell.it]!;
    const key = pc + thumb;
    const known = among.get(key);
    if (known !== undefined && known.word === word && known.it === it) return known;
    const isa = thumb === 1 ? "t32" : "a32";
    const first = thumb === 1 && wide ? word >>> 16 : word >>> 0;
    const insn = decodeAt(isa, pc, first, () => word & 0xffff, it);
    const made = { key, word, it, code: interpretable(record(insn), this.#constants), behind: undefined, accessed: -1 };
    // A program may execute all of its memory: what is remembered of it has a bound.
    if (among.size >= mostKnown) among.clear();
    among.set(key, made);
    return made;
  }
}
