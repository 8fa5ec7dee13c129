import { bytesOf } from "@cmodx/codec";
import type { Machine } from "@cmodx/machine/run";
import {
  apply,
  applyEdits,
  type CodeMemory,
  check,
  type Edit,
  insnIn,
  machineMemory,
  type Plan,
  PROTOCOLS,
  type ProtocolName,
  plan,
  simulate,
} from "@cmodx/patching";
import type { FtracePatcher } from "./ftrace.js";
import { costWith, NO_COST, type PatchingCost } from "./patching-cost.js";
import type { Patching } from "./trampolines.js";

/**
 * Makes the tracer's edits on a machine whose cores go on executing: each by a plan of `@cmodx/patching`, which the first core carries out.
 * As Linux does, every other core stops for each command; or live, each edit by the lightest protocol under which others may execute it.
 *
 * @example
 * ```ts
 * import { decodeA32 } from "@cmodx/codec";
 * import { Machine } from "@cmodx/machine/run";
 *
 * const machine = new Machine({ cores: 2 });
 * machine.memory.map(0x8000, 0x1000, { read: true, execute: true });
 * machine.memory.write(0x8000, Uint8Array.of(0x00, 0xf0, 0x20, 0xe3, 0xfd, 0xff, 0xff, 0xea));
 * for (const core of machine.cores) core.cells[15] = 0x8000;
 * const patcher = new MachinePatcher(machine, "live");
 * const [from, to] = [0xe320f000, 0xeaffffff].map((word) => decodeA32(word, 0x8000));
 * patcher.patch([{ isa: "a32", address: 0x8000, from: from!, to: to! }]);
 * patcher.cost.stops; // 0
 * patcher.memory.read(0x8000, 4)?.at(3); // 0xea
 * ```
 */
export class MachinePatcher implements FtracePatcher {
  readonly memory: CodeMemory;
  /** What that has cost so far. */
  cost: PatchingCost = NO_COST;
  readonly #machine: Machine;
  readonly #patching: Patching;
  /** The edits of a command that is one stop. */
  #command: Edit[] | undefined;
  #seed = 0;

  /**
   * Patches the code of a machine that runs.
   *
   * @param machine - whose cores execute it
   * @param patching - as Linux does, or live
   */
  constructor(machine: Machine, patching: Patching) {
    this.#machine = machine;
    this.memory = machineMemory(machine);
    this.#patching = patching;
  }

  /**
   * Makes edits before any core executes the places.
   *
   * @param edits - in this order
   */
  prepare(edits: readonly Edit[]): void {
    applyEdits(edits, this.memory);
  }

  /**
   * Makes edits while cores execute the places.
   *
   * @param edits - each at another place
   */
  patch(edits: readonly Edit[]): void {
    if (this.#command === undefined) {
      for (const made of livePlans(edits)) this.#carryOut(made);
      return;
    }
    // Nothing runs until the command is whole: this is only for its next round to see.
    applyEdits(edits, this.memory);
    this.#command.push(...edits);
  }

  /**
   * Linux' commands are one stop each: nobody sees their rounds one by one, only what they come to.
   *
   * @param rounds - makes them, one after another
   */
  command(rounds: () => void): void {
    if (this.#patching === "live") {
      rounds();
      return;
    }
    const edits: Edit[] = [];
    this.#command = edits;
    try {
      rounds();
    } finally {
      this.#command = undefined;
    }
    const whole = this.#together(edits);
    if (whole.length > 0) this.#carryOut(plan(whole, "stop-machine"));
  }

  /** What several rounds of edits come to; memory is again as it was before the first. */
  #together(edits: readonly Edit[]): Edit[] {
    const first = new Map<number, Edit>();
    for (const edit of edits) if (!first.has(edit.address)) first.set(edit.address, edit);
    return [...first.values()].flatMap((edit) => {
      const { isa, address, from } = edit;
      const to = insnIn(this.memory, isa, address);
      this.memory.write(address, bytesOf(from));
      return to.word === from.word && to.size === from.size ? [] : [{ ...edit, to }];
    });
  }

  #carryOut(made: Plan): void {
    const { cores } = this.#machine;
    const simulation = simulate(made, this.#machine, { seed: this.#seed++ });
    // Where the program ended meanwhile the code is to be what was wanted all the same.
    if (simulation.outcome !== "made") apply(made, this.memory);
    this.cost = costWith(this.cost, made, simulation, cores.length);
  }
}

/**
 * The plans that make edits while others execute the places: one for all edits of a protocol.
 *
 * @param edits - in any order, each at another place
 *
 * @example
 * ```ts
 * import { decodeA32 } from "@cmodx/codec";
 *
 * const [from, to] = [0xe320f000, 0xea000000].map((word) => decodeA32(word, 0x8000));
 * livePlans([{ isa: "a32", address: 0x8000, from: from!, to: to! }]).map(({ protocol }) => protocol); // ["nop-toggle"]
 * ```
 */
export function livePlans(edits: readonly Edit[]): Plan[] {
  const groups = new Map<ProtocolName, Edit[]>();
  for (const edit of edits) {
    const protocol = liveProtocol(edit);
    groups.set(protocol, [...(groups.get(protocol) ?? []), edit]);
  }
  return [...groups].map(([protocol, group]) => plan(group, protocol));
}

/**
 * The lightest protocol that is sound for an edit while others execute the place.
 *
 * @param edit - the instructions before and after, and where
 *
 * @example
 * ```ts
 * import { decodeA32 } from "@cmodx/codec";
 *
 * const [from, to] = [0xe28dd004, 0xeb000000].map((word) => decodeA32(word, 0x8000));
 * liveProtocol({ isa: "a32", address: 0x8000, from: from!, to: to! }); // "stop-machine"
 * ```
 */
export function liveProtocol(edit: Edit): ProtocolName {
  const able = (["nop-toggle", "halfword-toggle"] as const).find(
    (name) => PROTOCOLS[name].refuses?.(edit, {}) === undefined,
  );
  return able ?? (check(edit).verdict === "concurrent" ? "sync-cores" : "stop-machine");
}
