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

/**
 * Makes edits on memory that nobody executes, and remembers nothing of it.
 *
 * @param memory - what is edited
 *
 * @example
 * ```ts
 * import { decodeA32 } from "@cmodx/codec";
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const bytes = Uint8Array.of(0x00, 0xf0, 0x20, 0xe3);
 * const [from, to] = [0xe320f000, 0xea0003fe].map((word) => decodeA32(word, 0x8000));
 * memoryPatcher(bytesMemory(0x8000, bytes)).patch([{ isa: "a32", address: 0x8000, from: from!, to: to! }]);
 * [...bytes]; // [254, 3, 0, 234]
 * ```
 */
export function memoryPatcher(memory: CodeMemory): Patcher {
  return { memory, patch: (edits) => applyEdits(edits, memory) };
}

/**
 * Makes edits by the stores of a protocol's plans, and counts what the plans would cost a machine.
 *
 * @example
 * ```ts
 * import { parse } from "@cmodx/codec";
 * import { bytesMemory } from "@cmodx/patching";
 *
 * const patcher = new PlanPatcher(bytesMemory(0x8000, Uint8Array.of(0x00, 0xf0, 0x20, 0xe3)), liveOrStop);
 * const [from, to] = ["nop", "b 0x9000"].map((text) => parse(text, { isa: "a32", address: 0x8000 }));
 * if (from?.ok && to?.ok) patcher.patch([{ isa: "a32", address: 0x8000, from: from.insn, to: to.insn }]);
 * patcher.plans.map(({ protocol }) => protocol); // ["nop-toggle"]
 * patcher.cost(4).stops; // 0
 * ```
 */
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

  /**
   * Makes edits by the plan of the protocol.
   *
   * @param edits - of one switch
   */
  patch(edits: readonly Edit[]): void {
    if (edits.length === 0) return;
    for (const made of plansFor(edits, this.#protocolOf(edits))) {
      apply(made, this.memory);
      this.plans.push(made);
    }
  }

  /**
   * What all plans so far cost together on a machine of `cores` cores.
   *
   * @param cores - at least 1
   */
  cost(cores: number): PlansCost {
    return plansCost(this.plans, cores);
  }
}

/**
 * The lightest of the protocols that are sound for every edit: live where all are NOP and B, else one stop for them all.
 *
 * @param edits - all edits that one switch makes, at least one
 *
 * @example
 * ```ts
 * import { decodeA32 } from "@cmodx/codec";
 *
 * const [nop, branch, call] = [0xe320f000, 0xea000000, 0xe28dd004].map((word) => decodeA32(word, 0x8000));
 * liveOrStop([{ isa: "a32", address: 0x8000, from: nop!, to: branch! }]); // "nop-toggle"
 * liveOrStop([{ isa: "a32", address: 0x8000, from: call!, to: branch! }]); // "stop-machine"
 * ```
 */
export function liveOrStop(edits: readonly Edit[]): ProtocolName {
  const live = edits.every((edit) => PROTOCOLS["nop-toggle"].refuses?.(edit, {}) === undefined);
  return live ? "nop-toggle" : "stop-machine";
}
