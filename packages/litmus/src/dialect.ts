import type { InstructionSet, Knobs } from "@cmodx/machine";
import type { CodeLine } from "./litmus-test.js";

/** Why a test cannot be run: the construct, and where it stands. */
export class OutsideDialect {
  readonly construct: string;
  readonly line: CodeLine | undefined;
  constructor(construct: string, line?: CodeLine) {
    this.construct = construct;
    this.line = line;
  }
}

/** Addresses of the labels that an instruction can name. */
export interface Labels {
  known(name: string): boolean;
  /** @throws OutsideDialect when it is not known */
  address(name: string): number;
}

/** One instruction of a column, with what is known about it before labels have addresses. */
export interface Assembled {
  readonly size: number;
  /** Its bytes as fetch units' worth of an unsigned integer, first unit in the low bits, once labels are known. */
  encode(address: number, labels: Labels): number;
}

/** An assembly language of litmus files. */
export interface Dialect {
  /** Names in the first line of a test, in lower case. */
  readonly arches: readonly string[];
  readonly isa: InstructionSet;
  /** What the model is told unless the test's header says otherwise. */
  readonly knobs: Partial<Knobs>;
  /** The register with this name, undefined when there is none. */
  register(name: string): number | undefined;
  /** Registers that symbolic names (`%x0`) may be given, in order. */
  readonly free: readonly number[];
  /** @throws OutsideDialect */
  assemble(text: string, symbolic: (name: string) => number): Assembled;
  /** Instructions, of four bytes each, that put a 32-bit constant into a register. */
  constant(register: number, value: number): readonly string[];
  /** Instruction text of a value (`NOP`, `B .+12`) as an integer. @throws OutsideDialect */
  instruction(text: string): number;
}
