import type { Architecture } from "@cmodx/codec";
import { a32, type CoreProgram, type FetchEdit, type Operation, type Scenario, t32 } from "@cmodx/machine";
import type { Plan } from "../protocols/plan.js";
import type { StepOperation } from "../protocols/step.js";
import { listingOf } from "../rules/listing.js";
import { unitsOf } from "../units.js";
import { realCode } from "./real-code.js";
import { siteInstructions } from "./site-instructions.js";
import { SiteMap, type Start } from "./site-map.js";

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
export interface ExecutorProgram {
  /**
   * `calls`: runs through each site so many times, whenever it likes. `after-completion`: learns that the plan is complete, then
   * runs through each site once.
   */
  readonly kind: "calls" | "after-completion";
  readonly calls?: number;
  /** `old` by default. */
  readonly start?: Start;
  /**
   * What is executed: `site`, the plan's own instructions, reduced to where they lead; `real`, code with an instruction before the site
   * and code at every target, which leads back behind it, by the machine's full meaning of each. `site` by default.
   */
  readonly code?: ExecutedCode;
}

/** How much of the code around the site is executed, and by which meaning. */
export type ExecutedCode = "site" | "real";

/** A scenario, and what its reader would call the addresses in it. */
export interface NamedScenario {
  readonly scenario: Scenario;
  /** By address, the name of a flag by which cores wait for each other. */
  readonly names: ReadonlyMap<number, string>;
  /** What executing a piece of the plan's code means. */
  readonly map: SiteMap;
}

/**
 * The machine on which a plan is proved: one core takes the patcher's steps, the others run a program each.
 *
 * @param plan - what the first core does
 * @param architecture - whose list says which instructions may be executed while they change
 * @param executors - how many other cores, from 1 up
 * @param program - what each of them runs
 *
 * @example
 * ```ts
 * const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
 * const { scenario } = scenarioOf(plan(edit, "sync-cores"), "armv7", 2, { kind: "calls", calls: 1 });
 * scenario.cores.length; // 3
 * ```
 */
export function scenarioOf(
  plan: Plan,
  architecture: Architecture,
  executors: number,
  { kind, start = "old", code = "site", ...program }: ExecutorProgram,
): NamedScenario {
  const { changes, steps, resume } = plan;
  const [{ edit: first }] = changes;
  const map = new SiteMap(plan, start);
  const real = code === "real" ? realCode(plan) : undefined;
  const flags = new Flags(first.address);
  const others = Array.from({ length: executors }, (_, i) => i + 1);
  const complete = flags.address("complete");
  const runs = changes.map(
    ({ edit }, i): Operation => ({
      op: "execute",
      isa: edit.isa,
      ...(real === undefined ? { address: edit.address, until: [map.leave] } : real.runs[i]!),
    }),
  );

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
    kind === "calls"
      ? Array.from({ length: program.calls ?? 1 }, () => runs).flat()
      : [{ op: "await", address: complete, size: 4, equals: 1 }, ...runs];
  const executor = (core: number): CoreProgram => ({
    steps: executing,
    onIpi: steps.others.flatMap(({ operation }) => lower(operation, core, others, flags)),
    afterIpi: resume,
    // The handler of a breakpoint that stands for the site skips it. Without one the core would stop for good.
    ...(real === undefined ? {} : { onException: { bkpt: { kind: "resume", at: real.skip } } as const }),
  });

  const scenario: Scenario = {
    memory: real === undefined ? map.memory : [...real.memory, ...map.memory],
    cores: [patcher, ...others.map(executor)],
    ...(real === undefined
      ? {
          isas: [...new Set(changes.map(({ edit }) => edit.isa))].map((isa) => siteInstructions(isa, map)),
          sites: map.sites,
        }
      : { isas: [a32, t32], sites: map.sites.map(({ address }) => ({ address, size: 2 })) }),
    cmodx: (fetched) => isListed(plan, architecture, fetched),
  };
  return { scenario, names: flags.names, map };
}

/** Whether some listed change between two instructions that a site holds in turn is this change of a fetch unit. */
function isListed({ changes }: Plan, architecture: Architecture, { address, from, to, before }: FetchEdit): boolean {
  const start = address - 2 * before.length;
  return changes
    .flatMap(({ edit, placeholder, island }) => [{ ...edit, placeholder }, ...(island === undefined ? [] : [island])])
    .filter((edit) => edit.address === start)
    .some((edit) => {
      const placeholder = "placeholder" in edit ? edit.placeholder : undefined;
      const held = [edit.from, ...(placeholder === undefined ? [] : [placeholder]), edit.to];
      const having = (value: number) => held.filter((insn) => unitsOf(insn)[before.length] === value);
      return having(from).some((old) =>
        having(to).some((now) => listingOf({ ...edit, from: old, to: now }, architecture).listed),
      );
    });
}

/** Addresses for the flags by which cores wait for each other, each in a line of its own, far from the site. */
class Flags {
  readonly names = new Map<number, string>();
  readonly #base: number;
  readonly #addresses = new Map<string, number>();

  constructor(address: number) {
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
    case "expect":
      // A core that waits for ever for a value that nobody writes has given up: it changes nothing more.
      return [{ op: "await", address: step.address, size: step.size, equals: step.value }];
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
