import type { RunCore } from "./core.js";
import { type Constants, type Interpretable, interpretable } from "./interpret.js";
import { coreBytes } from "./layout.js";
import { decodeAt, record } from "./record.js";

/** Instructions whose routines are kept. */
const mostKept = 2 ** 14;

const always = 0xe0000000;

/**
 * What instructions do to extension registers, done for compiled code, which knows them by their bits: arithmetic that it has no code for, or
 * that met what its code is not for. They touch those registers and the FPSCR, and nothing that compiled code has in locals.
 */
export class ExtensionRoutines {
  readonly #cores: readonly RunCore[];
  readonly #constants: Constants;
  readonly #kept = { a32: new Map<number, Interpretable>(), t32: new Map<number, Interpretable>() };

  constructor(cores: readonly RunCore[], constants: Constants) {
    this.#cores = cores;
    this.#constants = constants;
  }

  /** The functions that compiled code calls, with where the core's cells are and the bits of the instruction. */
  get asks(): Readonly<Record<"a32" | "t32", (core: number, word: number) => number>> {
    return {
      a32: (core, word) => this.#perform("a32", core, word),
      t32: (core, word) => this.#perform("t32", core, word),
    };
  }

  #perform(isa: "a32" | "t32", at: number, word: number): number {
    const core = this.#cores[at / coreBytes]!;
    const { actions } = this.#kept[isa].get(word) ?? this.#make(isa, word);
    for (let i = 0; i < actions.length; i++) actions[i]!(core.cells, core);
    return 0;
  }

  /** Compiled code has looked at the condition. */
  #make(isa: "a32" | "t32", word: number): Interpretable {
    const kept = this.#kept[isa];
    const isConditional = isa === "a32" && word >>> 28 !== 15;
    const bits = (isConditional ? (word & 0x0fffffff) | always : word) >>> 0;
    const insn = decodeAt(isa, 0, isa === "a32" ? bits : bits >>> 16, () => bits & 0xffff, 0);
    const made = interpretable(record(insn), this.#constants);
    if (kept.size >= mostKept) kept.clear();
    kept.set(word, made);
    return made;
  }
}
