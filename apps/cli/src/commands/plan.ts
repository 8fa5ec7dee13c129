import { format } from "@cmodx/codec";
import { type Cost, cost, type Plan, plan, planToC, planToDot, type Step } from "@cmodx/patching";
import { type Command, Option } from "commander";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import type { Verb } from "../frame/verbs.js";
import { type PlanOptions, readEdit, withPlanOptions } from "../input/edit-options.js";
import { count } from "../input/numbers.js";
import { hex32, labelled } from "../text/layout.js";
import { paint } from "../text/paint.js";
import { costText, insnJson } from "./check.js";

interface Options extends PlanOptions {
  readonly cores: number;
  readonly format: "text" | "json" | "c" | "dot";
  readonly json?: true;
}

export const verb: Verb = {
  examples: [
    "cmodx plan --isa t32 --at 0x8002 --from nop.w --to 'b.w 0x9000' --protocol stop-machine",
    "cmodx plan --isa a32 --at 0x8000 --from nop --to 'b 0x9000' --protocol sync-cores --cores 4 --json",
  ],
  configure(command: Command, io: Io) {
    withPlanOptions(command)
      .option("--cores <n>", "cores of the machine, for the cost", count(1, 4096), 2)
      .addOption(
        new Option("--format <format>", "c: with the Linux kernel's helper names; dot: for Graphviz")
          .choices(["text", "json", "c", "dot"])
          .default("text"),
      )
      .option("--json", "print one JSON document");
    return (options: Options): Exit => {
      const made = plan(readEdit(options), options.protocol);
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
    case "text":
      return planText(made, price, options, io);
  }
}

function planJson({ protocol, promises, edit, steps }: Plan, price: Cost, { cores }: Options): object {
  return {
    schema: "cmodx/plan/1",
    isa: edit.isa,
    address: edit.address,
    from: insnJson(edit.from),
    to: insnJson(edit.to),
    protocol,
    promises,
    steps,
    cores,
    cost: price,
  };
}

function planText({ protocol, edit, steps }: Plan, price: Cost, { cores }: Options, io: Io): string {
  const why = (step: Step) => labelled("", [step.why], io.columns, 6);
  const role = (name: string, own: readonly Step[]) =>
    own.length === 0
      ? ""
      : `  ${paint(io, "strong", name)}\n${own.map((step) => `    ${stepText(step)}\n${paint(io, "faint", why(step))}`).join("")}`;
  return [
    `${paint(io, "strong", protocol)}  ${edit.isa} ${hex32(edit.address)}  ${format(edit.from)} -> ${format(edit.to)}\n\n`,
    role("the patching core", steps.patcher),
    role("every other core", steps.others),
    `\n  on ${cores} cores: ${costText(price)}\n`,
  ].join("");
}

/** A step in the words of an assembler listing. */
function stepText({ operation }: Step): string {
  switch (operation.op) {
    case "store":
      return `${operation.size === 4 ? "STR " : "STRH"} ${hexValue(operation.value, operation.size)} -> ${hex32(operation.address)}`;
    case "clean-dcache":
      return `DCCMVAU ${hex32(operation.address)}`;
    case "invalidate-icache":
      return `ICIMVAU ${hex32(operation.address)}`;
    case "invalidate-predictor":
      return `BPIMVA ${hex32(operation.address)}`;
    case "dsb":
      return operation.option === "sy" ? "DSB" : "DSB ISHST";
    case "dmb":
      return "DMB";
    case "isb":
      return "ISB";
    case "interrupt-others":
      return "interrupt every other core";
    case "arrive":
      return `say: ${operation.point}`;
    case "forget-arrivals":
      return `take back what the others said: ${operation.point}`;
    case "await-others":
      return `wait until every other core says: ${operation.point}`;
    case "release":
      return `say to all: ${operation.point}`;
    case "await-release":
      return `wait for: ${operation.point}`;
  }
}

function hexValue(value: number, size: number): string {
  return `0x${value.toString(16).padStart(size * 2, "0")}`;
}
