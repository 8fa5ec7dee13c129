import type { Isa } from "@cmodx/codec";
import { ARCHITECTURES, type Architecture, type Edit, PROTOCOL_NAMES, type ProtocolName } from "@cmodx/patching";
import { type Command, Option } from "commander";
import { readInsn } from "./insn.js";
import { address } from "./numbers.js";

/** The options by which every verb about one edit is told which. */
export interface EditOptions {
  readonly isa: Isa;
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly arch: Architecture;
}

/** Declares the options of {@link EditOptions} on `command`. */
export function withEditOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--isa <isa>", "instruction set: a32, or t32 for Thumb of 16 and 32 bits")
        .choices(["a32", "t32"])
        .makeOptionMandatory(),
    )
    .requiredOption("--at <address>", "address of the instruction, 0x… or decimal", address)
    .requiredOption("--from <insn>", "the instruction there now: assembler text, or its bytes (f3af8000)")
    .requiredOption("--to <insn>", "the instruction to be there")
    .addOption(
      new Option("--arch <version>", "whose list of concurrently modifiable instructions")
        .choices(ARCHITECTURES)
        .default("armv7"),
    );
}

/** As {@link withEditOptions}, and by which protocol the edit is made. */
export function withPlanOptions(command: Command): Command {
  return withEditOptions(command).addOption(
    new Option("--protocol <name>", "how the edit is made").choices(PROTOCOL_NAMES).makeOptionMandatory(),
  );
}

/** The options of {@link withPlanOptions}. */
export interface PlanOptions extends EditOptions {
  readonly protocol: ProtocolName;
}

/** The edit those options describe. */
export function readEdit({ isa, at, from, to }: EditOptions): Edit {
  const place = { isa, address: at };
  return { ...place, from: readInsn(from, place, "--from"), to: readInsn(to, place, "--to") };
}
