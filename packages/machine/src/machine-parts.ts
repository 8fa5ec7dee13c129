import { type Execution, type PartAnswer, type PartAsk, promiseFirstInParts, SearchPart } from "@cmodx/explore";
import type { Message } from "./message.js";
import type { ExploreOptions, Scenario } from "./scenario.js";
import { finer, modelled, type Searched, searchOptions, type Visitor } from "./search-machine.js";
import { CellsTooCoarse } from "./world.js";

/** What a {@link MachinePart} is asked: plain data. */
export interface MachineAsk {
  readonly cellBytes: number;
  readonly asked: PartAsk<Message>;
}

/** What a {@link MachinePart} answers, or that cells must be smaller: plain data. */
export type MachineAnswer = { readonly answer: PartAnswer<Message> } | { readonly cellBytes: number };

/** A {@link MachinePart}, wherever it is. */
export interface AskedMachine {
  ask(asked: MachineAsk): Promise<MachineAnswer>;
}

/**
 * One part of a search by {@link searchMachineInParts}, as a worker has it: it needs the same scenario and options.
 *
 * @example
 * ```ts
 * const scenario = { memory: [], cores: [{ steps: [{ op: "store", address: 0x100, size: 4, value: 1 }] }] } as const;
 * const part = new MachinePart(scenario);
 * const parts = [{ ask: async (asked: MachineAsk) => part.answer(asked) }];
 * let executions = 0;
 * const { found } = await searchMachineInParts(scenario, {}, () => ({ visit: () => executions++ }), () => parts);
 * [found.complete, executions]; // [true, 1]
 * ```
 */
export class MachinePart {
  readonly #scenario: Scenario;
  readonly #options: ExploreOptions;
  #part: { readonly cellBytes: number; readonly search: SearchPart<unknown, Message> } | undefined;

  /**
   * Makes a part that has nothing to do yet.
   *
   * @param scenario - as all other parts have it
   * @param options - limits and reductions, as all other parts have them
   */
  constructor(scenario: Scenario, options: Pick<ExploreOptions, "limits" | "reductions"> = {}) {
    this.#scenario = scenario;
    this.#options = options;
  }

  /**
   * Does a bounded piece of work.
   *
   * @param asked - by {@link searchMachineInParts}
   */
  answer({ cellBytes, asked }: MachineAsk): MachineAnswer {
    if (this.#part?.cellBytes !== cellBytes) {
      const { model } = modelled(this.#scenario, this.#options, cellBytes);
      this.#part = { cellBytes, search: new SearchPart(model, searchOptions(this.#options)) };
    }
    try {
      return { answer: this.#part.search.answer(asked) };
    } catch (error) {
      return { cellBytes: finer(error, cellBytes) };
    }
  }
}

/**
 * `searchMachine`, its work divided among parts that may run at the same time, as in workers. What it finds is the same.
 *
 * @param scenario - as for `exploration`
 * @param options - as for `exploration`
 * @param start - makes the visitor, again whenever coherence turns out to need smaller cells
 * @param parts - makes the parts, once, when they are needed: small searches need none
 *
 * @example
 * ```ts
 * // See MachinePart.
 * const scenario = { memory: [], cores: [{ steps: [{ op: "store", address: 0x100, size: 4, value: 1 }] }] } as const;
 * const { found } = await searchMachineInParts(scenario, {}, () => ({ visit: () => {} }), () => []);
 * found.complete; // true
 * ```
 */
export async function searchMachineInParts<V extends Visitor>(
  scenario: Scenario,
  options: ExploreOptions & { readonly alone?: number; readonly milliseconds?: number; readonly sequences?: number },
  start: () => V,
  parts: () => readonly AskedMachine[],
): Promise<Searched<V>> {
  let asked: readonly AskedMachine[] | undefined;
  for (let cellBytes = 4; ; ) {
    const { world, model } = modelled(scenario, options, cellBytes);
    const visitor = start();
    const own = cellBytes;
    const ask = (part: AskedMachine) => ({
      async ask(what: PartAsk<Message>): Promise<PartAnswer<Message>> {
        const told = await part.ask({ cellBytes: own, asked: what });
        if ("answer" in told) return told.answer;
        throw new CellsTooCoarse(told.cellBytes);
      },
    });
    const begin = () => {
      asked ??= parts();
      return asked.map(ask);
    };
    try {
      const visit = (execution: Execution<Message>): void => visitor.visit(execution, model, world);
      const { alone, milliseconds, sequences } = options;
      const found = await promiseFirstInParts(model, visit, begin, {
        ...searchOptions(options),
        ...(alone === undefined ? {} : { alone }),
        ...(milliseconds === undefined ? {} : { milliseconds }),
        ...(sequences === undefined ? {} : { sequences }),
      });
      return { found, model, world, visitor };
    } catch (error) {
      cellBytes = finer(error, cellBytes);
    }
  }
}
