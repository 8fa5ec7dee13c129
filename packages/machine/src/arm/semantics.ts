import type { Insn } from "@cmodx/codec";
import type { Operations } from "../pseudocode/operations.js";

/** What an instruction does, over values of any kind. */
export type Semantic = <V>(m: Operations<V>, insn: Insn) => void;

/** What the instructions of a group do, by the manual's name of the instruction in lower case. */
export type Semantics = Readonly<Record<string, Semantic>>;
