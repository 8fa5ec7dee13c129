import {
  type Execution,
  type Progress,
  type PromiseFirstOptions,
  type PromiseFirstResult,
  promiseFirst,
} from "@cmodx/explore";
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
): Generator<Progress, Searched<V>> {
  for (let cellBytes = 4; ; ) {
    const { world, model } = modelled(scenario, options, cellBytes);
    const visitor = start();
    try {
      const visit = (execution: Execution<Message>): void => visitor.visit(execution, model, world);
      const found = yield* promiseFirst(model, visit, searchOptions(options));
      return { found, model, world, visitor };
    } catch (error) {
      cellBytes = finer(error, cellBytes);
    }
  }
}

/** What a search has found, with what it found it in. */
export interface Searched<V> {
  readonly found: PromiseFirstResult;
  readonly model: MachineModel;
  readonly world: World;
  readonly visitor: V;
}

/** A scenario as the search sees it, coherence kept by cells of so many bytes. */
export function modelled(
  scenario: Scenario,
  options: ExploreOptions,
  cellBytes: number,
): { readonly world: World; readonly model: MachineModel } {
  const knobs: Knobs = { ...architecture, ...scenario.model };
  const cores = scenario.cores.length;
  const world = new World(bytesOf(scenario), knobs, cores, cellBytes, options.reductions?.dominance, scenario);
  return { world, model: new MachineModel(world, scenario.cores, scenario.isas ?? [], scenario.sites ?? []) };
}

/** Of the options of an exploration, those of the search below it. */
export function searchOptions({ limits, signal, onProgress, reductions }: ExploreOptions): PromiseFirstOptions {
  return {
    ...(limits === undefined ? {} : { limits }),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...reductions,
  };
}

/** The bytes of a cell to go on with after this error, where cells were too coarse; throws every other error. */
export function finer(error: unknown, cellBytes: number): number {
  if (!(error instanceof CellsTooCoarse) || cellBytes === 1) throw error;
  return Math.min(error.bytes, cellBytes / 2);
}

function bytesOf(scenario: Scenario): Map<number, number> {
  const bytes = new Map<number, number>();
  for (const { address, bytes: content } of scenario.memory) {
    for (let i = 0; i < content.length; i++) bytes.set(address + i, content[i]!);
  }
  return bytes;
}
