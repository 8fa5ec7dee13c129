import type { Machine } from "@cmodx/machine/run";
import {
  applyEdits,
  type CodeMemory,
  check,
  type Edit,
  machineMemory,
  type Plan,
  PROTOCOLS,
  type ProtocolName,
  plan,
  type Step,
} from "@cmodx/patching";
import type { FtracePatcher } from "./ftrace.js";
import type { PlanRunner } from "./plan-runner.js";
import type { Patching } from "./trampolines.js";

/** A command while all stand still. */
interface Stop {
  /** The plan of its last edits; undefined before there are any. */
  plan: Plan | undefined;
}

/**
 * Makes the tracer's edits on a machine whose cores go on executing: each by a plan of `@cmodx/patching`. As Linux does, every other core
 * stops for each command; or live, each edit by the lightest protocol under which others may execute it.
 */
export class MachinePatcher implements FtracePatcher {
  readonly memory: CodeMemory;
  readonly runner: PlanRunner;
  readonly #patching: Patching;
  /** A command under a stop: undefined before its first edit. */
  #stop: Stop | undefined;

  constructor(machine: Machine, patching: Patching, runner: PlanRunner) {
    this.memory = machineMemory(machine);
    this.#patching = patching;
    this.runner = runner;
  }

  prepare(edits: readonly Edit[]): void {
    applyEdits(edits, this.memory);
  }

  patch(edits: readonly Edit[]): void {
    if (this.#stop === undefined) {
      for (const made of livePlans(edits)) this.runner.run(made);
      return;
    }
    const made = plan(edits, "stop-machine");
    const { patcher } = made.steps;
    if (this.#stop.plan === undefined) this.runner.begin(made, patcher.filter(isBefore));
    this.#stop.plan = made;
    this.runner.take(patcher.filter((step) => !isBefore(step) && !isRelease(step)));
  }

  /** Linux' commands are one stop each: nobody sees their rounds one by one. */
  command(rounds: () => void): void {
    if (this.#patching === "live") {
      rounds();
      return;
    }
    const stop: Stop = { plan: undefined };
    this.#stop = stop;
    try {
      rounds();
    } finally {
      this.#stop = undefined;
      if (stop.plan !== undefined) {
        this.runner.take(stop.plan.steps.patcher.filter(isRelease));
        this.runner.finish();
      }
    }
  }
}

/** What brings the others to a stop, and what lets them go. */
const STOPPING: ReadonlySet<string> = new Set(["interrupt-others", "await-others", "dmb"]);
const isBefore = ({ operation }: Step): boolean => STOPPING.has(operation.op);
const isRelease = ({ operation }: Step): boolean => operation.op === "release";

/** The plans that make edits while others execute the places: one for all edits of a protocol. */
export function livePlans(edits: readonly Edit[]): Plan[] {
  const groups = new Map<ProtocolName, Edit[]>();
  for (const edit of edits) {
    const protocol = liveProtocol(edit);
    groups.set(protocol, [...(groups.get(protocol) ?? []), edit]);
  }
  return [...groups].map(([protocol, group]) => plan(group, protocol));
}

/** The lightest protocol that is sound for an edit while others execute the place. */
export function liveProtocol(edit: Edit): ProtocolName {
  const able = (["nop-toggle", "halfword-toggle"] as const).find(
    (name) => PROTOCOLS[name].refuses?.(edit, {}) === undefined,
  );
  return able ?? (check(edit).verdict === "concurrent" ? "sync-cores" : "stop-machine");
}
