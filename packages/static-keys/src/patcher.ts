import {
  apply,
  applyEdits,
  type CodeMemory,
  type Edit,
  type Plan,
  PROTOCOLS,
  type ProtocolName,
  plansFor,
} from "@cmodx/patching";
import { type PlansCost, plansCost } from "./plans-cost.js";

/** Whoever makes edits: on an image, on a machine that runs, or as a plan for somebody else. */
export interface Patcher {
  readonly memory: CodeMemory;
  /** Makes all of `edits`, which belong to one key. */
  patch(edits: readonly Edit[]): void;
}

/** Makes edits on memory that nobody executes, and remembers nothing of it. */
export function memoryPatcher(memory: CodeMemory): Patcher {
  return { memory, patch: (edits) => applyEdits(edits, memory) };
}

/** Makes edits by the stores of a protocol's plans, and counts what the plans would cost a machine. */
export class PlanPatcher implements Patcher {
  readonly memory: CodeMemory;
  /** Every plan that was carried out, oldest first. */
  readonly plans: Plan[] = [];
  readonly #protocolOf: (edits: readonly Edit[]) => ProtocolName;

  /**
   * @param protocol - by which protocol: one, or a choice by the edits. It must be able to make them
   */
  constructor(memory: CodeMemory, protocol: ProtocolName | ((edits: readonly Edit[]) => ProtocolName)) {
    this.memory = memory;
    this.#protocolOf = typeof protocol === "string" ? () => protocol : protocol;
  }

  patch(edits: readonly Edit[]): void {
    if (edits.length === 0) return;
    for (const made of plansFor(edits, this.#protocolOf(edits))) {
      apply(made, this.memory);
      this.plans.push(made);
    }
  }

  /** What all plans so far cost together on a machine of `cores` cores. */
  cost(cores: number): PlansCost {
    return plansCost(this.plans, cores);
  }
}

/** The lightest of the protocols that are sound for every edit: live where all are NOP and B, else one stop for them all. */
export function liveOrStop(edits: readonly Edit[]): ProtocolName {
  const live = edits.every((edit) => PROTOCOLS["nop-toggle"].refuses?.(edit, {}) === undefined);
  return live ? "nop-toggle" : "stop-machine";
}
