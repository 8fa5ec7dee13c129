import { bytesOf } from "@cmodx/codec";
import type { CoreProgram, FetchEdit, InitialBytes, Operation, Scenario } from "@cmodx/machine";
import { type Edit, editSize } from "../edit.js";
import type { Plan } from "../protocols/plan.js";
import type { StepOperation } from "../protocols/step.js";
import type { Architecture } from "../rules/architecture.js";
import { listingOf } from "../rules/listing.js";
import { unitsOf } from "../units.js";
import { siteInstructions } from "./site-instructions.js";

/** The patching core's number; the executing cores follow. */
export const PATCHER = 0;

/** Who runs through the site meanwhile. */
export interface Executors {
  /** Cores that execute the site, besides the patching one. */
  readonly executors: number;
  /** How often each of them runs through the site, at most, before, during and after the change. */
  readonly calls: number;
}

/** What an executing core does; it may be interrupted between any two instructions of it. */
export type ExecutorProgram =
  /** Runs through the site so many times, whenever it likes. */
  | { readonly kind: "calls"; readonly calls: number }
  /** Learns that the plan is complete, then runs through the site once. */
  | { readonly kind: "after-completion" };

/** A scenario, and what its reader would call the addresses in it. */
export interface NamedScenario {
  readonly scenario: Scenario;
  /** By address, the name of a flag by which cores wait for each other. */
  readonly names: ReadonlyMap<number, string>;
}

/** The machine on which a plan is proved: one core takes the patcher's steps, the others run a program each. */
export function scenarioOf(
  plan: Plan,
  architecture: Architecture,
  executors: number,
  program: ExecutorProgram,
): NamedScenario {
  const { edit, steps, resume } = plan;
  const flags = new Flags(edit);
  const others = Array.from({ length: executors }, (_, i) => i + 1);
  const complete = flags.address("complete");
  const leave = edit.address + editSize(edit);
  const run: Operation = { op: "execute", isa: edit.isa, address: edit.address, until: [leave] };

  const patcher: CoreProgram = {
    steps: [
      ...steps.patcher.flatMap(({ operation }) => lower(operation, PATCHER, others, flags)),
      // The flag says "complete" only after the stores and cleans of the plan. It must not wait for more than a plan that
      // forgets its last DSB does, so this is the weakest barrier that has that order.
      { op: "dmb", option: "sy" },
      { op: "store", address: complete, size: 4, value: 1 },
    ],
  };
  const executing: readonly Operation[] =
    program.kind === "calls"
      ? Array.from({ length: program.calls }, () => run)
      : [{ op: "await", address: complete, size: 4, equals: 1 }, run];
  const executor = (core: number): CoreProgram => ({
    steps: executing,
    onIpi: steps.others.flatMap(({ operation }) => lower(operation, core, others, flags)),
    afterIpi: resume,
  });

  const scenario: Scenario = {
    memory: initialBytes(edit),
    cores: [patcher, ...others.map(executor)],
    isas: [siteInstructions(edit.isa, leave)],
    sites: [{ address: edit.address, size: editSize(edit) }],
    cmodx: (fetched) => isListed(plan, architecture, fetched),
  };
  return { scenario, names: flags.names };
}

/** Whether some listed change between two instructions that the site holds in turn is this change of a fetch unit. */
function isListed({ edit, placeholder }: Plan, architecture: Architecture, { from, to, before }: FetchEdit): boolean {
  const held = [edit.from, ...(placeholder === undefined ? [] : [placeholder]), edit.to];
  const having = (value: number) => held.filter((insn) => unitsOf(insn)[before.length] === value);
  return having(from).some((old) =>
    having(to).some((now) => listingOf({ ...edit, from: old, to: now }, architecture).listed),
  );
}

/** The old instruction; what lies behind a narrow one is what the new one needs there. */
function initialBytes({ address, from, to }: Edit): InitialBytes[] {
  const [before, after] = [bytesOf(from), bytesOf(to)];
  return [{ address, bytes: [...before, ...after.slice(before.length)] }];
}

/** Addresses for the flags by which cores wait for each other, each in a line of its own, far from the site. */
class Flags {
  readonly names = new Map<number, string>();
  readonly #base: number;
  readonly #addresses = new Map<string, number>();

  constructor({ address }: Edit) {
    this.#base = ((address ^ 0x4000_0000) & ~0xfff) >>> 0;
  }

  address(name: string): number {
    let address = this.#addresses.get(name);
    if (address === undefined) {
      address = this.#base + 0x100 * this.#addresses.size;
      this.#addresses.set(name, address);
      this.names.set(address, `flag "${name}"`);
    }
    return address;
  }
}

/** A plan's step as operations of one core of the machine. */
function lower(step: StepOperation, core: number, others: readonly number[], flags: Flags): Operation[] {
  const arrived = (point: string, who: number) => flags.address(`core ${who} ${point}`);
  switch (step.op) {
    case "store":
    case "clean-dcache":
    case "invalidate-icache":
    case "invalidate-predictor":
    case "isb":
    case "dsb":
      return [step];
    case "dmb":
      return [{ op: "dmb", option: "sy" }];
    case "interrupt-others":
      return [{ op: "send-ipi", to: others }];
    case "arrive":
      return [{ op: "store", address: arrived(step.point, core), size: 4, value: 1 }];
    case "forget-arrivals":
      return others.map((who) => ({ op: "store", address: arrived(step.point, who), size: 4, value: 0 }));
    case "await-others":
      return others.map((who) => ({ op: "await", address: arrived(step.point, who), size: 4, equals: 1 }));
    case "release":
      return [{ op: "store", address: flags.address(step.point), size: 4, value: 1 }];
    case "await-release":
      return [{ op: "await", address: flags.address(step.point), size: 4, equals: 1 }];
  }
}
