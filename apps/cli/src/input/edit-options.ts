import type { Isa } from "@cmodx/codec";
import {
  ARCHITECTURES,
  type Architecture,
  type Edit,
  type EditContext,
  type Plan,
  PROTOCOL_NAMES,
  type ProtocolName,
  plan,
  synthesise,
} from "@cmodx/patching";
import { type Command, Option } from "commander";
import type { Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import { readLines } from "./bytes.js";
import { readInsn } from "./insn.js";
import { address } from "./numbers.js";
import { readSiteCode } from "./site-code.js";

/** The options by which every verb about one edit is told which. */
interface EditOptions {
  readonly isa: Isa;
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly arch: Architecture;
}

const ISA = () =>
  new Option("--isa <isa>", "instruction set: a32, or t32 for Thumb of 16 and 32 bits").choices(["a32", "t32"]);
const FROM = ["--from <insn>", "the instruction there now: assembler text, or its bytes (f3af8000)"] as const;

/** Declares the options of {@link EditOptions} on `command`. */
function withEditOptions(command: Command): Command {
  command
    .addOption(ISA().makeOptionMandatory())
    .requiredOption("--at <address>", "address of the instruction, 0x… or decimal", address)
    .requiredOption(...FROM);
  return withNewInsn(command);
}

function withNewInsn(command: Command): Command {
  return command
    .requiredOption("--to <insn>", "the instruction to be there")
    .addOption(
      new Option("--arch <version>", "whose list of concurrently modifiable instructions")
        .choices(ARCHITECTURES)
        .default("armv7"),
    );
}

/** The options of an edit that may be one of a file's code, and of what is around it. */
export interface SiteOptions {
  readonly isa?: Isa;
  readonly at: number | string;
  readonly from?: string;
  readonly to: string;
  readonly arch: Architecture;
  readonly image?: string;
  readonly target?: number;
  readonly edits?: string;
}

/** Declares the options of {@link SiteOptions} on `command`. */
export function withSiteOptions(command: Command): Command {
  command
    .addOption(ISA())
    .requiredOption("--at <address>", "address of the instruction, 0x… or decimal; with --image also symbol+off", place)
    .option(...FROM);
  return withNewInsn(command)
    .option(
      "--image <file>",
      "an ELF image: the code around the site is judged too, and --from and --isa are read from it",
    )
    .option("--target <pointer>", "where the new branch is to lead, with bit 0 set for Thumb", address)
    .option("--edits <file>", "other edits made at the same time, a line each: 0x8010: nop -> b 0x9000");
}

/** An address, or what may be a symbol of the image. */
function place(text: string): number | string {
  return /^[0-9]/.test(text) ? address(text) : text;
}

/** The edit that those options describe, and what they tell of its surroundings. */
export async function readSite(options: SiteOptions, io: Io): Promise<{ edit: Edit; context: EditContext }> {
  const { at, image, target } = options;
  const site = image === undefined ? undefined : readSiteCode(image, at, options.isa);
  const isa = site?.isa ?? required(options.isa, "--isa");
  if (site === undefined && typeof at === "string") {
    throw new UsageError(
      "--at",
      `"${at}" is a symbol, and there is no image to look it up in`,
      "give an address, or --image",
    );
  }
  const where = { isa, address: site?.address ?? Number(at) };
  const from = options.from === undefined ? site?.insn : readInsn(options.from, where, "--from");
  const edit = { ...where, from: required(from, "--from"), to: readInsn(options.to, where, "--to") };
  const edits = options.edits === undefined ? [] : await readEdits(options.edits, isa, io);
  const context = {
    ...(site === undefined ? {} : { code: site.code }),
    ...(target === undefined ? {} : { target }),
    ...(edits.length === 0 ? {} : { edits }),
  };
  return { edit, context };
}

function required<Value>(value: Value | undefined, option: string): Value {
  if (value !== undefined) return value;
  throw new UsageError(option, "it is missing", "give it, or --image to read it from a file");
}

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
