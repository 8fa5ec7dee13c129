import { format } from "@cmodx/codec";
import {
  EXECUTION_PROPERTIES,
  type ExecutedCode,
  type Necessity,
  necessary,
  type Plan,
  PROPERTIES,
  PROPERTY_NAMES,
  type Proof,
  type Property,
  type ProveOptions,
  provePlanAsync,
} from "@cmodx/patching";
import { type Command, Option } from "commander";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import type { Verb } from "../frame/verbs.js";
import { count } from "../input/numbers.js";
import { type PlanOptions, readPlan, withPlanOptions } from "../input/plan-options.js";
import { lanes } from "../text/lanes.js";
import { counted, hex32, labelled } from "../text/layout.js";
import { paint } from "../text/paint.js";

type Progress = Parameters<NonNullable<ProveOptions["onProgress"]>>[0];

interface Options extends PlanOptions {
  readonly property?: Property;
  readonly executors: number;
  readonly calls: number;
  readonly code: ExecutedCode;
  readonly necessary?: true;
  readonly json?: true;
}

export const verb: Verb = {
  examples: [
    "cmodx prove --isa t32 --at 0x8000 --from nop.w --to 'b.w 0x9000' --protocol store-only",
    "cmodx prove --isa t32 --at 0x8000 --from nop.w --to 'b.w 0x9000' --protocol stop-machine --executors 2",
  ],
  configure(command: Command, io: Io) {
    withPlanOptions(command)
      .addOption(new Option("--property <name>", "ask for one property only").choices(PROPERTY_NAMES))
      .option("--executors <n>", "cores that execute the site meanwhile", count(1, 8), 1)
      .option("--calls <n>", "how often each of them runs through the site", count(1, 16), 2)
      .addOption(
        new Option("--code <code>", "what they execute: the site alone, or real code before it and at each target")
          .choices(["site", "real"])
          .default("site"),
      )
      .option("--necessary", "also say, for each step, what breaks without it")
      .option("--json", "print one JSON document");
    return async (options: Options): Promise<Exit> => {
      const { property, executors, calls, code, arch: architecture } = options;
      const properties = property === undefined ? EXECUTION_PROPERTIES : [property];
      const onProgress = ({ states, steps, seconds }: Progress) =>
        io.progress(`Exploring. states=${states} transitions=${steps} sec=${seconds.toFixed(0)}`);
      const asked = { properties, executors, calls, code, architecture, signal: io.signal, onProgress };
      const made = await readPlan(options, io);
      const proof = await provePlanAsync(made, asked);
      const steps = options.necessary === true ? await necessary(made, asked) : undefined;
      io.progress();
      io.out(options.json ? `${JSON.stringify(proofJson(proof, steps))}\n` : proofText(made, proof, io, steps));
      return proof.verdict === "holds" ? EXIT.good : EXIT.bad;
    };
  },
};

/** The document of `cmodx prove --json`: public, additions only. */
export function proofJson(proof: Proof, steps?: readonly Necessity[]): object {
  const { verdict, property, protocol, executors, calls, states, transitions, seconds, complete, limit } = proof;
  const counterexample = proof.counterexample === null ? null : { steps: proof.counterexample };
  return {
    schema: "cmodx/prove/1",
    verdict,
    property,
    protocol,
    executors,
    calls,
    states,
    transitions,
    seconds,
    complete,
    limit: limit ?? null,
    properties: proof.properties,
    counterexample,
    necessary: steps ?? null,
  };
}

export function proofText({ changes }: Plan, proof: Proof, io: Io, steps: readonly Necessity[] = []): string {
  const { verdict, property, protocol, executors, calls, states, transitions, seconds, limit, counterexample } = proof;
  const style = verdict === "holds" ? "good" : verdict === "violated" ? "bad" : "warn";
  const say = (label: string, lines: readonly string[]) => labelled(label, lines, io.columns);
  const change = changes
    .map(({ edit }) => `${edit.isa} ${hex32(edit.address)}  ${format(edit.from)} -> ${format(edit.to)}`)
    .join(", ");
  const asked = proof.properties.map(
    (each) => `${each.verdict.padEnd(8)} ${each.property}: ${PROPERTIES[each.property]}`,
  );
  return [
    `${paint(io, style, verdict)}  ${change}  by ${protocol}\n\n`,
    say("properties", asked),
    say("explored", [
      `every execution of one patching core and ${counted(executors, "executing core")}, ${counted(calls, "call")} each: ` +
        `${counted(states, "state")}, ${counted(transitions, "transition")}, ${seconds.toFixed(2)} s`,
    ]),
    limit === undefined ? "" : say("incomplete", [incompleteText(limit)]),
    counterexample === null ? "" : `\n  how ${property} fails\n\n${lanes(counterexample, io)}`,
    steps.length === 0
      ? ""
      : `\n  each step left out or weakened\n\n${steps.map((step) => necessityLine(step, io)).join("")}`,
  ].join("");
}

function incompleteText({ limit, value, remedy }: NonNullable<Proof["limit"]>): string {
  return limit === "cancelled"
    ? "interrupted before the end; this is what is known so far"
    : `${limit} reached ${value}; ${remedy}`;
}

function necessityLine({ step, needed, broken }: Necessity, io: Io): string {
  if (needed === undefined) return `  ${paint(io, "warn", "unknown   ")}  ${step}\n`;
  return needed
    ? `  ${paint(io, "strong", "needed    ")}  ${step}: ${broken} fails\n`
    : `  ${paint(io, "faint", "not needed")}  ${step}\n`;
}
