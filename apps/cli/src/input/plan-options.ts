import { type Edit, type Plan, PROTOCOL_NAMES, type ProtocolName, plan, synthesise } from "@cmodx/patching";
import { type Command, Option } from "commander";
import type { Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import { type EditOptions, withEditOptions } from "./edit-options.js";
import { readEdits } from "./edits-file.js";
import { readInsn } from "./insn.js";
import { address } from "./numbers.js";

/** Stands for a plan that is searched for. */
const CHEAPEST = "cheapest";

/** As {@link withEditOptions}, and by which protocol the edit is made. */
export function withPlanOptions(command: Command): Command {
  return withEditOptions(command)
    .addOption(
      new Option("--protocol <name>", "how the edit is made; cheapest: by the cheapest plan that is found and proved")
        .choices([...PROTOCOL_NAMES, CHEAPEST])
        .makeOptionMandatory(),
    )
    .option("--edits <file>", "more edits for the same plan, a line each: 0x8010: nop -> b 0x9000")
    .option("--island <address>", "where the protocol `island` may put its veneers", address)
    .option("--literal <address>", "where the protocol `literal-load` keeps the targets", address)
    .option("--validate", "compare what is at the site with the old instruction before anything is written");
}

/** The options of {@link withPlanOptions}. */
export interface PlanOptions extends EditOptions {
  readonly protocol: ProtocolName | typeof CHEAPEST;
  readonly edits?: string;
  readonly island?: number;
  readonly literal?: number;
  readonly validate?: true;
}

/** The edit those options describe. */
function readEdit({ isa, at, from, to }: EditOptions): Edit {
  const place = { isa, address: at };
  return { ...place, from: readInsn(from, place, "--from"), to: readInsn(to, place, "--to") };
}

/** The plan that those options describe. */
export async function readPlan(options: PlanOptions, io: Io): Promise<Plan> {
  const { protocol, island, literal, validate, arch: architecture } = options;
  const further = options.edits === undefined ? [] : await readEdits(options.edits, options.isa, io);
  const edits = [readEdit(options), ...further];
  const places = {
    ...(island === undefined ? {} : { island }),
    ...(literal === undefined ? {} : { literal }),
    ...(validate === undefined ? {} : { validate }),
  };
  if (protocol !== CHEAPEST) return plan(edits, protocol, places);
  io.progress("Searching for the cheapest plan.");
  const found = await synthesise(edits, { ...places, architecture, signal: io.signal, limits: { steps: 500_000 } });
  io.progress();
  if (found.plan !== undefined) return found.plan;
  const what = found.complete
    ? "no plan of the catalogue's operations holds"
    : "no plan was found before a limit was met";
  throw new UsageError("--protocol", what, "see `cmodx check` for the protocols and the nearest edit");
}
