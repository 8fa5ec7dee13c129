import {
  apply,
  applyEdits,
  type CodeMemory,
  type Cost,
  cost,
  type Edit,
  type Plan,
  PROTOCOLS,
  type ProtocolName,
  plansFor,
} from "@cmodx/patching";

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
  cost(cores: number): Cost & { readonly stops: number } {
    const all = this.plans.map((made) => ({ price: cost(made, cores), stops: isStop(made) ? 1 : 0 }));
    const sum = (of: (each: (typeof all)[number]) => number) => all.reduce((total, each) => total + of(each), 0);
    return {
      stores: sum(({ price }) => price.stores),
      maintenance: sum(({ price }) => price.maintenance),
      barriers: sum(({ price }) => price.barriers),
      ipis: sum(({ price }) => price.ipis),
      stalledCores: sum(({ price }) => price.stalledCores),
      stops: sum(({ stops }) => stops),
    };
  }
}

/** Whether a plan has every other core wait for it. */
export function isStop({ steps }: Plan): boolean {
  return steps.others.some(({ operation }) => operation.op === "await-release");
}

/** The lightest of the protocols that are sound for every edit: live where all are NOP and B, else one stop for them all. */
export function liveOrStop(edits: readonly Edit[]): ProtocolName {
  const live = edits.every((edit) => PROTOCOLS["nop-toggle"].refuses?.(edit, {}) === undefined);
  return live ? "nop-toggle" : "stop-machine";
}
