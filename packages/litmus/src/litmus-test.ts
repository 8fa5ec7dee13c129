/** A place in a litmus file, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Something in a litmus file that is not as the format wants it. */
export interface Issue extends Position {
  readonly message: string;
}

/** A value as litmus files write it. */
export type Constant =
  | { readonly kind: "integer"; readonly value: number }
  /** A data location, or a label of code (`P1:L0`); bytes past it. */
  | { readonly kind: "location"; readonly name: string; readonly offset: number }
  | { readonly kind: "label"; readonly processor: number; readonly label: string; readonly offset: number }
  /** An instruction as a value: `NOP`, `instr:"B .+12"`. */
  | { readonly kind: "instruction"; readonly text: string }
  /** What a page is mapped to: `(oa:PA(x))`, the memory of a location or of code. */
  | { readonly kind: "mapping"; readonly to: Extract<Constant, { kind: "location" | "label" }> }
  /** What a location does when it is stored to: `ipi(P1)` raises an interrupt for each of these processors. */
  | { readonly kind: "interrupt"; readonly processors: readonly number[] }
  /** A value that herd reads and nothing here has: a tagged address (`x:green`), a page's attributes (`(valid:0)`). */
  | { readonly kind: "foreign"; readonly text: string };

/** What a condition looks at. */
export type Observable =
  | { readonly kind: "register"; readonly processor: number; readonly name: string }
  | { readonly kind: "location"; readonly name: string; readonly offset: number };

/** What a test asks of its final states. */
export type Condition =
  | { readonly kind: "constant"; readonly value: boolean }
  /** `0:R1=0:R2` reads as a label on the right: it is the register where there is no such label. */
  | {
      readonly kind: "equals";
      readonly left: Observable;
      readonly right: Constant | { readonly kind: "place"; readonly place: Observable };
      readonly negated: boolean;
    }
  /** A processor took a fault, at a label when one is given; `about` is what else herd is asked of it: a location, a kind of fault. */
  | { readonly kind: "fault"; readonly processor: number; readonly label?: string; readonly about?: string }
  | { readonly kind: "not"; readonly of: Condition }
  | { readonly kind: "and" | "or" | "implies"; readonly left: Condition; readonly right: Condition };

/** What a register or a location holds before the test begins. */
export interface Initial {
  /** `undefined` processor and kind register: a symbolic register (`%x0`) of any processor. */
  readonly target:
    | { readonly kind: "register"; readonly processor: number | undefined; readonly name: string }
    | { readonly kind: "location"; readonly name: string; readonly offset: number };
  readonly value: Constant;
  readonly at: Position;
}

/** One cell of the program: an instruction with the labels before it, or a label alone. */
export interface CodeLine extends Position {
  readonly labels: readonly string[];
  /** Undefined for a line of labels only. */
  readonly text: string | undefined;
}

/** One column of code: a processor's program, the handler of its exceptions (`P0.F`), or of its interrupts (`P0.I`). */
export interface Column {
  readonly processor: number;
  readonly handler: false | "fault" | "interrupt";
  readonly lines: readonly CodeLine[];
}

/** A litmus test as written. */
export interface LitmusTest {
  /** `AArch64`, `ARM`, `Thumb`, … */
  readonly arch: string;
  readonly name: string;
  readonly doc?: string;
  /** `Key=Value` lines before the initial state. */
  readonly info: Readonly<Record<string, string>>;
  readonly initial: readonly Initial[];
  readonly columns: readonly Column[];
  readonly locations: readonly Observable[];
  /** Only executions that satisfy it count. */
  readonly filter?: Condition;
  readonly quantifier: "exists" | "~exists" | "forall";
  readonly condition: Condition;
}
