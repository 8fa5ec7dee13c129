import type { Isa } from "@cmodx/codec";

/** `linux`: exactly the kernel's answer, quirks included. `strict`: what is right; docs/kprobes.md lists where they differ. */
export type Compat = "linux" | "strict";

/** What registering a probe on an instruction comes to. */
export type Action = "reject" | "simulate" | "emulate";

/**
 * Which registers may stand at a place of the word: `sp` and `pc` only that one; `same` a copy of the register at 16, which
 * nobody compares; `nopcwb` not PC when the base is written back.
 */
export type Constraint = "any" | "same" | "sp" | "pc" | "nosp" | "nosppc" | "nopc" | "nopcwb";

/** Lowest bit of a register's field: the places that the kernel checks, and rewrites for the slot. */
export type RegisterPlace = 0 | 8 | 12 | 16;

/** How the registers that an instruction uses are told, for executing it directly from a detour. */
type Usage = "fields" | "pair" | "list" | "none" | "ip-sp";

/** What a slot holds besides the instruction with its registers replaced. */
type SlotForm = "window" | "high-registers" | "push" | "pop";

/** One line of the tables: what is done with all words of these rows of the codec's table. */
export interface Rule {
  readonly isa: Isa;
  /** Bytes. */
  readonly size: 2 | 4;
  /** Ids of the codec's rows, separated by spaces; `*` at the end stands for any ending. */
  readonly rows: string;
  readonly action: Action;
  /** Why it is rejected, or how it is executed: the rest of a sentence that begins with the instruction. */
  readonly reason: string;
  readonly registers: ReadonlyMap<RegisterPlace, Constraint>;
  /** Words that are rejected all the same: mask, value, why. */
  readonly unless: readonly (readonly [mask: number, value: number, reason: string])[];
  /** Absent: nobody tells, so all registers count as used. */
  readonly usage: Usage | undefined;
  /** Whether what it stores below SP is looked at. */
  readonly stores: boolean;
  readonly slot: SlotForm | undefined;
  /** What goes wrong in the kernel when such a probe is hit. */
  readonly hazard: string | undefined;
}

/** What a line of a table may say besides rows, action and reason. */
interface RuleDetails {
  /** `"16 nopcwb, 12 any"`: place and constraint. */
  readonly registers?: string;
  readonly unless?: Rule["unless"];
  readonly usage?: Usage;
  readonly stores?: boolean;
  readonly slot?: SlotForm;
  readonly hazard?: string;
}

/** A maker of lines for one instruction set and size. */
export function linesFor(
  isa: Isa,
  size: 2 | 4,
): (rows: string, action: Action, reason: string, details?: RuleDetails) => Rule {
  return (rows, action, reason, details = {}) => ({
    isa,
    size,
    rows,
    action,
    reason,
    registers: constraints(details.registers),
    unless: details.unless ?? [],
    usage: details.usage,
    stores: details.stores ?? false,
    slot: details.slot,
    hazard: details.hazard,
  });
}

function constraints(text = ""): Map<RegisterPlace, Constraint> {
  const pairs = text.split(", ").filter((pair) => pair !== "");
  return new Map(
    pairs.map((pair) => {
      const [place, constraint] = pair.split(" ");
      return [Number(place) as RegisterPlace, constraint as Constraint];
    }),
  );
}
