import type { Isa } from "@cmodx/codec";
import { ARCHITECTURES, type Architecture } from "@cmodx/patching";
import { type Command, Option } from "commander";
import { address } from "./numbers.js";

/** The options by which every verb about one edit is told which. */
export interface EditOptions {
  readonly isa: Isa;
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly arch: Architecture;
}

export const ISA = (): Option =>
  new Option("--isa <isa>", "instruction set: a32, or t32 for Thumb of 16 and 32 bits").choices(["a32", "t32"]);
export const FROM = ["--from <insn>", "the instruction there now: assembler text, or its bytes (f3af8000)"] as const;

/** Declares the options of {@link EditOptions} on `command`. */
export function withEditOptions(command: Command): Command {
  command
    .addOption(ISA().makeOptionMandatory())
    .requiredOption("--at <address>", "address of the instruction, 0x… or decimal", address)
    .requiredOption(...FROM);
  return withNewInsn(command);
}

/** Declares what is to be written, and by whose list that is judged. */
export function withNewInsn(command: Command): Command {
  return command
    .requiredOption("--to <insn>", "the instruction to be there")
    .addOption(
      new Option("--arch <version>", "whose list of concurrently modifiable instructions")
        .choices(ARCHITECTURES)
        .default("armv7"),
    );
}
