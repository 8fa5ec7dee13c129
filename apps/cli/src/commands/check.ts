import { bytesOf, format, type Insn } from "@cmodx/codec";
import { type Cost, check, type Edit, type Judgement } from "@cmodx/patching";
import { type Command, InvalidArgumentError } from "commander";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import type { Verb } from "../frame/verbs.js";
import { count } from "../input/numbers.js";
import { readSite, type SiteOptions, withSiteOptions } from "../input/site-options.js";
import { counted, hex32, hexBytes, labelled } from "../text/layout.js";
import { paint, type Style } from "../text/paint.js";

interface Options extends SiteOptions {
  readonly cores: number;
  readonly fetchUnit?: number;
  readonly line?: readonly number[];
  readonly json?: true;
}

export const verb: Verb = {
  examples: [
    "cmodx check --isa t32 --at 0x8000 --from nop.w --to 'b.w 0x9000'",
    "cmodx check --image samples/sites-thumb2.elf --at square+4 --to 'b.n 0x10128'",
  ],
  configure(command: Command, io: Io) {
    withSiteOptions(command)
      .option("--cores <n>", "cores of the machine, for the protocols' cost", count(1, 4096), 2)
      .option("--fetch-unit <bytes>", "what a core that fetches so much at once would make of it", powerOfTwo(2))
      .option("--line <bytes...>", "sizes of the machine's cache lines; 32 and 64 where none is given", lineSizes)
      .option("--json", "print one JSON document");
    return async (options: Options): Promise<Exit> => {
      const { arch: architecture, cores, fetchUnit, line } = options;
      const { edit, context } = await readSite(options, io);
      const judgement = check(edit, {
        architecture,
        cores,
        context,
        ...(fetchUnit === undefined ? {} : { fetchUnit }),
        ...(line === undefined ? {} : { lines: line }),
      });
      io.out(options.json ? `${JSON.stringify(checkJson(edit, judgement))}\n` : checkText(edit, judgement, io));
      return judgement.verdict === "concurrent" ? EXIT.good : EXIT.bad;
    };
  },
};

function powerOfTwo(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[0-9]+$/.test(text) && value >= least && Number.isInteger(Math.log2(value))) return value;
    throw new InvalidArgumentError(`Use a power of two from ${least} up.`);
  };
}

function lineSizes(text: string, before: readonly number[] = []): number[] {
  return [...before, powerOfTwo(4)(text)];
}

/** The document of `cmodx check --json`: public, additions only. */
export function checkJson({ isa, address, from, to }: Edit, judgement: Judgement): object {
  const { verdict, architecture, rule, reasons, straddles, protocols, nearest } = judgement;
  return {
    schema: "cmodx/check/1",
    isa,
    address,
    from: insnJson(from),
    to: insnJson(to),
    verdict,
    architecture,
    rule,
    reasons,
    straddles,
    protocols,
    nearest: nearest ?? null,
  };
}

export function insnJson(insn: Insn): { bytes: string; text: string } {
  return { bytes: hexBytes(bytesOf(insn)), text: format(insn) };
}

const VERDICT_STYLE: Readonly<Record<Judgement["verdict"], Style>> = {
  concurrent: "good",
  synchronise: "warn",
  invalid: "bad",
};

export function checkText(edit: Edit, judgement: Judgement, io: Io): string {
  const { verdict, architecture, rule, reasons, straddles, protocols, nearest } = judgement;
  const say = (label: string, lines: readonly string[]) => labelled(label, lines, io.columns);
  const change = `${edit.isa} ${hex32(edit.address)}  ${format(edit.from)} -> ${format(edit.to)}`;
  return [
    `${paint(io, VERDICT_STYLE[verdict], verdict)}  ${change}\n\n`,
    say("rule", [`${rule.id}: ${rule.title}`, `${rule.reference} (${architecture})`]),
    say("because", reasons),
    straddles.length > 0 ? say("straddles", [straddles.join(", ")]) : "",
    nearest === undefined ? "" : say("instead", [nearest.text, nearest.why]),
    protocols.length > 0 ? say("protocols", protocols.map(protocolLine)) : "",
  ].join("");
}

function protocolLine({ name, sound, cost }: Judgement["protocols"][number]): string {
  return `${sound ? "sound  " : "unsound"} ${name.padEnd(18)} ${costText(cost)}`;
}

export function costText({ stores, maintenance, ipis, stalledCores }: Cost): string {
  const parts = [
    counted(stores, "store"),
    counted(maintenance, "maintenance operation"),
    ipis === 0 ? "no IPI" : counted(ipis, "IPI"),
    stalledCores === 0 ? "no core stalls" : `${counted(stalledCores, "core")} stalled`,
  ];
  return parts.join(", ");
}
