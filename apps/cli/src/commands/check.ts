import { bytesOf, format, type Insn } from "@cmodx/codec";
import { type Cost, check, type Edit, type Judgement } from "@cmodx/patching";
import type { Command } from "commander";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import type { Verb } from "../frame/verbs.js";
import { type EditOptions, readEdit, withEditOptions } from "../input/edit-options.js";
import { counted, hex32, hexBytes, labelled } from "../text/layout.js";
import { paint, type Style } from "../text/paint.js";

type Options = EditOptions & { readonly json?: true };

export const verb: Verb = {
  examples: [
    "cmodx check --isa t32 --at 0x8000 --from nop.w --to 'b.w 0x9000'",
    "cmodx check --isa a32 --at 0x8000 --from nop --to 'b 0x9000' --json",
  ],
  configure(command: Command, io: Io) {
    withEditOptions(command).option("--json", "print one JSON document");
    return (options: Options): Exit => {
      const edit = readEdit(options);
      const judgement = check(edit, { architecture: options.arch });
      io.out(options.json ? `${JSON.stringify(checkJson(edit, judgement))}\n` : checkText(edit, judgement, io));
      return judgement.verdict === "concurrent" ? EXIT.good : EXIT.bad;
    };
  },
};

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
