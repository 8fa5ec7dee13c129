import { readFileSync, statSync } from "node:fs";
import type { Command } from "commander";
import { Option } from "commander";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import type { Verb } from "../frame/verbs.js";
import { readBytes } from "../input/bytes.js";
import { replaceFile } from "../input/replace-file.js";
import { type PatchResult, patchImage, type Wishes, wish } from "../patch/patch-image.js";
import { counted, hex32 } from "../text/layout.js";
import { paint } from "../text/paint.js";
import { insnJson } from "./check.js";

interface Options {
  readonly output: string;
  readonly key: Wishes;
  readonly call: Wishes;
  readonly compat: "linux" | "strict";
  readonly verify?: true;

  readonly json?: true;
}

const collect = (text: string, before: Wishes): Wishes => [...before, wish(text)];

export const verb: Verb = {
  examples: [
    "cmodx patch samples/sites-arm.elf --key fast_key=on -o fast.elf",
    "cmodx patch vmlinux --key 'sched_*=on' --call 'vfs_*=off' -o vmlinux.switched --verify",
  ],
  configure(command: Command, io: Io) {
    command
      .argument("<image>", "ELF file: a vmlinux with symbols, a module, a program; - reads standard input")
      .requiredOption("-o, --output <file>", "the image to write; it replaces a file of that name when all went well")
      .option(
        "--key <name=state>",
        "on, off, or built as the key is initialised: every site of the static key, by its symbol, its tracepoint, its address or a glob",
        collect,
        [],
      )
      .option(
        "--call <glob=state>",
        "on, off, or built as the compiler left it: the calls of the traced functions",
        collect,
        [],
      )
      .addOption(
        new Option(
          "--compat <habits>",
          "linux: ARM sites are switched off by mov r0, r0; strict: by the NOP they were built with",
        )
          .choices(["strict", "linux"])
          .default("strict"),
      )
      .option("--verify", "read the written image again, and decode every site that was switched")
      .option("--json", "print one JSON document");
    return async (image: string, options: Options): Promise<Exit> => {
      if (options.key.length === 0 && options.call.length === 0) {
        throw new UsageError(
          "patch",
          "nothing is to be switched",
          "name a key with --key NAME=on, or calls with --call GLOB=off",
        );
      }
      requireOther(image, options.output);
      const bytes = Uint8Array.from(await readBytes(image, io));
      const result = patchImage(bytes, image, options);
      replaceFile(options.output, result.bytes);
      const wrong = options.verify === true ? result.verify(readFileSync(options.output)) : [];
      if (options.json) io.out(`${JSON.stringify(patchJson(image, options, result, wrong))}\n`);
      else io.out(patchText(options, result, wrong, io));
      return wrong.length === 0 ? EXIT.good : EXIT.bad;
    };
  },
};

/** The image that was read stays as it is: a patch that turns out wrong can be made again. */
function requireOther(image: string, output: string): void {
  const id = (path: string) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? path : `${stat.dev}:${stat.ino}`;
  };
  if (image !== "-" && id(image) === id(output)) {
    throw new UsageError(output, "is the image itself", "write to another file");
  }
}

function patchJson(
  image: string,
  { output, compat, verify }: Options,
  result: PatchResult,
  wrong: readonly number[],
): object {
  return {
    schema: "cmodx/patch/1",
    image,
    output,
    compat,
    keys: result.keys,
    calls: result.calls,
    sites: result.sites.map(({ kind, key, symbol, edit }) => ({
      kind,
      address: edit.address,
      isa: edit.isa,
      key,
      symbol,
      from: insnJson(edit.from),
      to: insnJson(edit.to),
    })),
    verified: verify === true ? wrong.length === 0 : null,
    wrong,
  };
}

/** What switching it on a machine that runs would take. */
function costsText(costs: PatchResult["keys"][number]["costs"]): string {
  if (costs === undefined || costs.linux.stops === 0) return "";
  const { linux, onePlan } = costs;
  const ours = onePlan.stops === 0 ? "none by" : "1 by";
  return ` (running: ${counted(linux.stops, "machine stop")} in Linux, ${ours} ${onePlan.protocol})`;
}

function patchText({ output, verify }: Options, result: PatchResult, wrong: readonly number[], io: Io): string {
  const { keys, calls, sites } = result;
  const line = ({ name, state, sites: all, switched, costs }: PatchResult["keys"][number]) =>
    `  ${state.padEnd(5)} ${name}: ${switched} of ${counted(all, "site")} switched${costsText(costs)}\n`;
  const checked =
    verify !== true
      ? ""
      : wrong.length === 0
        ? `${paint(io, "good", "verified")}: every switched site reads as it was written\n`
        : `${paint(io, "bad", "wrong")}: ${wrong.map(hex32).join(", ")} do not read as they were written\n`;
  return [
    ...keys.map(line),
    ...calls.map(line),
    `${counted(sites.length, "site")} written to ${output}\n`,
    checked,
  ].join("");
}
