import { type Execution, type Progress, type PromiseFirstResult, promiseFirst } from "@cmodx/explore";
import { architecture, type Knobs } from "./knobs.js";
import { MachineModel } from "./machine-model.js";
import type { Message } from "./message.js";
import type { ExploreOptions, Scenario } from "./scenario.js";
import { CellsTooCoarse, World } from "./world.js";

/** What looks at the executions of one search. */
export interface Visitor {
  visit(execution: Execution<Message>, model: MachineModel, world: World): void;
}

/**
 * The search below {@link exploration}: shows every execution of a scenario to a visitor, outcomes still by core and unread.
 *
 * `start` is called again, for a new visitor, whenever coherence turns out to need smaller cells.
 *
 * @param scenario - as for {@link exploration}
 * @param options - as for {@link exploration}
 * @param start - makes the visitor
 *
 * @example
 * ```ts
 * import { drain } from "@cmodx/explore";
 *
 * let executions = 0;
 * const scenario = { memory: [], cores: [{ steps: [{ op: "store", address: 0x100, size: 4, value: 1 }] }] } as const;
 * const { found } = drain(searchMachine(scenario, {}, () => ({ visit: () => executions++ })));
 * [found.complete, executions]; // [true, 1]
 * ```
 */
export function* searchMachine<V extends Visitor>(
  scenario: Scenario,
  options: ExploreOptions,
  start: () => V,
): Generator<Progress, { found: PromiseFirstResult; model: MachineModel; world: World; visitor: V }> {
  const knobs: Knobs = { ...architecture, ...scenario.model };
  const bytes = bytesOf(scenario);
  for (let cellBytes = 4; ; ) {
    const world = new World(bytes, knobs, scenario.cores.length, cellBytes, options.reductions?.dominance);
    const model = new MachineModel(world, scenario.cores, scenario.isas ?? [], scenario.sites ?? []);
    const visitor = start();
    try {
      const found = yield* promiseFirst(model, (execution) => visitor.visit(execution, model, world), {
        ...(options.limits === undefined ? {} : { limits: options.limits }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
        ...(options.reductions?.independence === undefined ? {} : { independence: options.reductions.independence }),
        ...(options.reductions?.order === undefined ? {} : { order: options.reductions.order }),
        ...(options.reductions?.sharing === undefined ? {} : { sharing: options.reductions.sharing }),
        ...(options.reductions?.floors === undefined ? {} : { floors: options.reductions.floors }),
        ...(options.reductions?.symmetry === undefined ? {} : { symmetry: options.reductions.symmetry }),
        ...(options.reductions?.projection === undefined ? {} : { projection: options.reductions.projection }),
      });
      return { found, model, world, visitor };
    } catch (error) {
      if (!(error instanceof CellsTooCoarse) || cellBytes === 1) throw error;
      cellBytes = Math.min(error.bytes, cellBytes / 2);
    }
  }
}

function bytesOf(scenario: Scenario): Map<number, number> {
  const bytes = new Map<number, number>();
  for (const { address, bytes: content } of scenario.memory) {
    for (let i = 0; i < content.length; i++) bytes.set(address + i, content[i]!);
  }
  return bytes;
}
