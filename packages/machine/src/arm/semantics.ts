import type { Insn } from "@cmodx/codec";
import type { Builder } from "../builder.js";

/** What the instructions of a group do, by mnemonic. */
export type Semantics = Readonly<Record<string, (machine: Builder, insn: Insn) => void>>;
