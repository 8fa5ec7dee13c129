import type { Isa } from "@cmodx/codec";
import {
  ARCHITECTURES,
  type Architecture,
  type Edit,
  type Plan,
  PROTOCOL_NAMES,
  type ProtocolName,
  plan,
} from "@cmodx/patching";
import { type Command, Option } from "commander";
import type { Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import { readLines } from "./bytes.js";
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
  return withEditOptions(command)
    .addOption(new Option("--protocol <name>", "how the edit is made").choices(PROTOCOL_NAMES).makeOptionMandatory())
    .option("--edits <file>", "more edits for the same plan, a line each: 0x8010: nop -> b 0x9000")
    .option("--island <address>", "where the protocol `island` may put its veneers", address)
    .option("--literal <address>", "where the protocol `literal-load` keeps the targets", address)
    .option("--validate", "compare what is at the site with the old instruction before anything is written");
}

/** The options of {@link withPlanOptions}. */
export interface PlanOptions extends EditOptions {
  readonly protocol: ProtocolName;
  readonly edits?: string;
  readonly island?: number;
  readonly literal?: number;
  readonly validate?: true;
}

/** The edit those options describe. */
export function readEdit({ isa, at, from, to }: EditOptions): Edit {
  const place = { isa, address: at };
  return { ...place, from: readInsn(from, place, "--from"), to: readInsn(to, place, "--to") };
}

/** The plan that those options describe. */
export async function readPlan(options: PlanOptions, io: Io): Promise<Plan> {
  const { protocol, island, literal, validate } = options;
  const further = options.edits === undefined ? [] : await readEdits(options.edits, options.isa, io);
  return plan([readEdit(options), ...further], protocol, {
    ...(island === undefined ? {} : { island }),
    ...(literal === undefined ? {} : { literal }),
    ...(validate === undefined ? {} : { validate }),
  });
}

async function readEdits(file: string, isa: Isa, io: Io): Promise<Edit[]> {
  const lines = await readLines(file, io);
  return lines.flatMap((line, i) => {
    const text = line.replace(/#.*$/, "").trim();
    if (text === "") return [];
    const where = `${file}:${i + 1}`;
    const parts = /^(0x[0-9a-f]+|[0-9]+)\s*:\s*(.+?)\s*->\s*(.+)$/i.exec(text);
    const at = Number(parts?.[1]);
    if (parts === null || at > 0xffff_ffff) {
      throw new UsageError(where, `"${text}" is not an edit`, "write it as 0x8010: nop -> b 0x9000");
    }
    const place = { isa, address: at };
    return [{ ...place, from: readInsn(parts[2]!, place, where), to: readInsn(parts[3]!, place, where) }];
  });
}
