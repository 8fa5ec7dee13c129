import type { Condition } from "./condition.js";
import { conditions } from "./condition.js";
import type { State } from "./decisions.js";
import { type Reason, reasonsOf } from "./decode-row.js";
import type { Encoding, Isa } from "./encoding.js";
import { type ItState, itCondition } from "./it-state.js";
import type { Operand } from "./operand.js";
import { statuses } from "./status.js";
import { encodingOf } from "./table/find.js";
import { decoder } from "./table/index.js";

/**
 * What the architecture says of a word: `ok`; `undefined`: it takes the Undefined Instruction exception, `udf` included;
 * `unpredictable`: an instruction with a constraint violated; `unallocated`: no instruction.
 */
export type Status = "ok" | "undefined" | "unpredictable" | "unallocated";

export type { Reason } from "./decode-row.js";

/** One decoded instruction. Immutable; it holds the word, so nothing is lost. */
export interface Insn {
  readonly isa: Isa;
  /** Bytes. */
  readonly address: number;
  readonly size: 2 | 4;
  /** Canonical opcode, unsigned: the A32 word, the T16 halfword, or `hw1 << 16 | hw2`. */
  readonly word: number;
  /** ITSTATE it was decoded with; 0 outside an IT block and in A32. */
  readonly it: ItState;
  readonly status: Status;
  readonly reasons: readonly Reason[];
  /** The row of the table; undefined when the word is unallocated. */
  readonly encoding: Encoding | undefined;
  /** Name without suffixes (`add` of `addseq.w`); "" when the word is unallocated. */
  readonly mnemonic: string;
  /** The condition it executes under, from the word or from ITSTATE. */
  readonly cond: Condition;
  /** Built when asked for, in the order of the manual's syntax. */
  readonly operands: readonly Operand[];
}

/** The class behind `Insn`; one shape for every instruction, so that V8 sees one hidden class. */
export class DecodedInsn implements Insn {
  /** What is printed of it in a console; written down, because a file that is made small has short names. */
  static readonly name: string = "Insn";
  readonly isa: Isa;
  readonly address: number;
  readonly size: 2 | 4;
  readonly word: number;
  readonly it: ItState;
  readonly encoding: Encoding | undefined;
  readonly #state: State;

  constructor(isa: Isa, word: number, size: 2 | 4, address: number, it: ItState, state: State) {
    this.isa = isa;
    this.word = word;
    this.size = size;
    this.address = address;
    this.it = it;
    this.encoding = encodingOf(state);
    this.#state = state;
  }

  get status(): Status {
    return statuses[decoder.status(this.#state, this.word, this.it)]!;
  }

  get reasons(): readonly Reason[] {
    return reasonsOf(this.encoding, this.word, this.it);
  }

  get mnemonic(): string {
    return this.encoding === undefined ? "" : this.encoding.template("ual").stem;
  }

  get cond(): Condition {
    if (this.encoding?.hasCond) {
      const field = this.encoding.pattern.fields.get("cond")!;
      return conditions[(this.word >>> field.shift) & 15] ?? "al";
    }
    return this.isa === "t32" ? itCondition(this.it) : "al";
  }

  get operands(): readonly Operand[] {
    return this.encoding === undefined ? [] : this.encoding.template("ual").read(this);
  }
}
