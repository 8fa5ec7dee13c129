import { format } from "@cmodx/codec";
import {
  type Change,
  type Cost,
  cost,
  type Edit,
  type Plan,
  planToC,
  planToDot,
  planToLitmus,
  planToPromela,
  type Step,
  stepText,
} from "@cmodx/patching";
import { type Command, Option } from "commander";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import type { Verb } from "../frame/verbs.js";
import { count } from "../input/numbers.js";
import { type PlanOptions, readPlan, withPlanOptions } from "../input/plan-options.js";
import { hex32, labelled } from "../text/layout.js";
import { paint } from "../text/paint.js";
import { costText, insnJson } from "./check.js";

interface Options extends PlanOptions {
  readonly cores: number;
  readonly format: "text" | "json" | "c" | "dot" | "litmus" | "promela";
  readonly json?: true;
}

export const verb: Verb = {
  examples: [
    "cmodx plan --isa t32 --at 0x8002 --from nop.w --to 'b.w 0x9000' --protocol stop-machine",
    "cmodx plan --isa a32 --at 0x8000 --from nop --to 'b 0x9000' --protocol cheapest --cores 4 --json",
  ],
  configure(command: Command, io: Io) {
    withPlanOptions(command)
      .option("--cores <n>", "cores of the machine, for the cost", count(1, 4096), 2)
      .addOption(
        new Option(
          "--format <format>",
          "c: with the Linux kernel's helper names; dot: for Graphviz; litmus: for `cmodx litmus`; promela: for SPIN",
        )
          .choices(["text", "json", "c", "dot", "litmus", "promela"])
          .default("text"),
      )
      .option("--json", "print one JSON document");
    return async (options: Options): Promise<Exit> => {
      const made = await readPlan(options, io);
      io.out(printed(made, options, io));
      return EXIT.good;
    };
  },
};

function printed(made: Plan, options: Options, io: Io): string {
  const price = cost(made, options.cores);
  switch (options.json ? "json" : options.format) {
    case "json":
      return `${JSON.stringify(planJson(made, price, options))}\n`;
    case "c":
      return planToC(made);
    case "dot":
      return planToDot(made);
    case "litmus":
      return planToLitmus(made);
    case "promela":
      return planToPromela(made, options.arch);
    case "text":
      return planText(made, price, options, io);
  }
}

function planJson({ protocol, promises, changes, steps, leftOut = [] }: Plan, price: Cost, { cores }: Options): object {
  return {
    schema: "cmodx/plan/1",
    ...editJson(changes[0].edit),
    protocol,
    promises,
    changes: changes.map(changeJson),
    steps,
    leftOut,
    cores,
    cost: price,
  };
}

function editJson({ isa, address, from, to }: Edit): object {
  return { isa, address, from: insnJson(from), to: insnJson(to) };
}

function changeJson({ edit, placeholder, island, literal }: Change): object {
  return {
    ...editJson(edit),
    placeholder: placeholder === undefined ? null : insnJson(placeholder),
    island: island === undefined ? null : editJson(island),
    literal: literal ?? null,
  };
}

function planText({ protocol, changes, steps, leftOut = [] }: Plan, price: Cost, { cores }: Options, io: Io): string {
  const why = (step: Step) => labelled("", [step.why], io.columns, 6);
  const role = (name: string, own: readonly Step[]) =>
    own.length === 0
      ? ""
      : `  ${paint(io, "strong", name)}\n${own.map((step) => `    ${stepText(step)}\n${paint(io, "faint", why(step))}`).join("")}`;
  return [
    ...changes.map(({ edit }, i) => {
      const name = i === 0 ? paint(io, "strong", protocol) : " ".repeat(protocol.length);
      return `${name}  ${edit.isa} ${hex32(edit.address)}  ${format(edit.from)} -> ${format(edit.to)}\n`;
    }),
    ...leftOut.map((step) => `  not needed: ${step}\n`),
    "\n",
    role("the patching core", steps.patcher),
    role("every other core", steps.others),
    `\n  on ${cores} cores: ${costText(price)}\n`,
  ].join("");
}
