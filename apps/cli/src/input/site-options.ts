import type { Isa } from "@cmodx/codec";
import type { Architecture, Edit, EditContext } from "@cmodx/patching";
import type { Command } from "commander";
import type { Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import { FROM, ISA, withNewInsn } from "./edit-options.js";
import { readEdits } from "./edits-file.js";
import { readInsn } from "./insn.js";
import { address } from "./numbers.js";

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
  // Only an image needs the reader of ELF files, whose loading a question about two instructions would wait for.
  const site = image === undefined ? undefined : (await import("./site-code.js")).readSiteCode(image, at, options.isa);
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
