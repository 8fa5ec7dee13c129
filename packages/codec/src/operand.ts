import type { Condition } from "./condition.js";

/** How an operand is shifted; `rrx` rotates right through the carry flag by one bit. */
export type ShiftType = "lsl" | "lsr" | "asr" | "ror" | "rrx";

/** An offset as it is encoded: a direction and a magnitude, so that `#-0` is not `#0`. */
export interface Offset {
  readonly add: boolean;
  /** Bytes, for an immediate offset. */
  readonly magnitude?: number;
  readonly index?: number;
  readonly shift?: ShiftType;
  readonly amount?: number;
}

/** One operand. Core registers are numbers 0 to 15; `field` is the field of the encoding diagram it comes from. */
export type Operand =
  | { readonly kind: "reg"; readonly reg: number; readonly field: string; readonly writeback?: true }
  | { readonly kind: "imm"; readonly value: number }
  | { readonly kind: "shift"; readonly shift: ShiftType; readonly amount: number }
  | { readonly kind: "shiftReg"; readonly shift: ShiftType }
  | {
      readonly kind: "mem";
      readonly base: number;
      readonly offset: Offset;
      readonly mode: "offset" | "pre" | "post";
      readonly align?: number;
    }
  | { readonly kind: "list"; readonly regs: number }
  | { readonly kind: "target"; readonly address: number; readonly offset: number }
  | { readonly kind: "cond"; readonly cond: Condition }
  | { readonly kind: "name"; readonly name: string; readonly value: number }
  | {
      readonly kind: "vreg";
      readonly size: "s" | "d" | "q";
      readonly reg: number;
      readonly lane?: number;
      readonly field: string;
    }
  | {
      readonly kind: "vlist";
      readonly size: "s" | "d";
      readonly first: number;
      readonly count: number;
      readonly step: number;
      readonly lane?: number | "all";
    }
  | { readonly kind: "float"; readonly value: number };
