import { drain, type Execution, type Progress, type Race } from "@cmodx/explore";
import { architecture } from "./knobs.js";
import { MachineError } from "./machine-error.js";
import type { MachineModel } from "./machine-model.js";
import type { Message } from "./message.js";
import { valueAt } from "./rules/load.js";
import type {
  CoreOutcome,
  ExploreOptions,
  FetchEdit,
  Outcome,
  Scenario,
  ScenarioResult,
  UnpredictableFetch,
} from "./scenario.js";
import { searchMachine, type Visitor } from "./search-machine.js";
import { interleave, type WitnessStep } from "./witness.js";
import type { World } from "./world.js";

const defaultOutcomes = 100_000;

/**
 * Finds every execution of a scenario that the memory and fetch model allows.
 *
 * @param scenario - the cores, their programs, memory before and the knobs of the model
 * @param options - limits, and switches that turn reductions off
 * @throws MachineError `E_SCENARIO` when the scenario cannot be run as written.
 * @example
 * ```ts
 * // Message passing without barriers: the reader may see the flag and not the data.
 * const result = exploreSync({
 *   memory: [],
 *   cores: [
 *     { steps: [{ op: "store", address: 0x100, size: 4, value: 1 }, { op: "store", address: 0x200, size: 4, value: 1 }] },
 *     { steps: [{ op: "load", address: 0x200, size: 4, as: "flag" }, { op: "load", address: 0x100, size: 4, as: "data" }] },
 *   ],
 * });
 * result.outcomes.length; // 4
 * ```
 */
export function exploreSync(scenario: Scenario, options: ExploreOptions = {}): ScenarioResult {
  return drain(exploration(scenario, options));
}

/**
 * As {@link exploreSync}, letting other work of the thread happen now and then, so that it can be cancelled.
 *
 * @param scenario - as for {@link exploreSync}
 * @param options - as for {@link exploreSync}, and a signal that cancels it
 *
 * @example
 * ```ts
 * const result = await explore({ memory: [], cores: [{ steps: [{ op: "load", address: 0x100, size: 4, as: "x" }] }] });
 * result.complete; // true
 * ```
 */
export async function explore(scenario: Scenario, options: ExploreOptions = {}): Promise<ScenarioResult> {
  const search = exploration(scenario, options);
  let breathed = Date.now();
  for (;;) {
    const { done, value } = search.next();
    if (done) return value as ScenarioResult;
    if (Date.now() - breathed < 50) continue;
    await breathe();
    breathed = Date.now();
  }
}

/**
 * The exploration as a generator of progress reports.
 *
 * @param scenario - as for {@link exploreSync}
 * @param options - as for {@link exploreSync}
 *
 * @example
 * ```ts
 * const search = exploration({ memory: [], cores: [{ steps: [{ op: "store", address: 0x100, size: 4, value: 1 }] }] });
 * let piece = search.next();
 * while (!piece.done) piece = search.next();
 * piece.value.outcomes.length; // 1
 * ```
 */
export function* exploration(scenario: Scenario, options: ExploreOptions = {}): Generator<Progress, ScenarioResult> {
  check(scenario);
  const limit = options.limits?.outcomes ?? defaultOutcomes;
  const search = yield* searchMachine(scenario, options, () => new Collector(scenario, limit));
  const { found, model, visitor } = search;
  const { byCore, joint, fetches, outcomesHit } = visitor;

  const read = (name: string): CoreOutcome => {
    const [log, ...registers] = name.split(" ").map(Number);
    return { log: model.observations.list(log!), registers };
  };
  const coreOutcomes = byCore.map((names) => [...names.keys()].map((name) => ({ name, outcome: read(name) })));
  const outcomes = [...joint.values()].map((one): { outcome: Outcome } & typeof one => ({
    ...one,
    outcome: { cores: one.names.map(read), locations: one.locations },
  }));
  const path = (execution: Execution<Message>, tell: (core: number) => ReturnType<Execution<Message>["tell"]>) =>
    interleave(
      execution.memory,
      scenario.cores.map((_, core) => tell(core) ?? []),
    );
  const unpredictable: UnpredictableFetch[] = [...fetches.values()].map(({ core, key, edit, execution }) => ({
    ...edit,
    core,
    witness: path(execution, (own) =>
      execution.tell(own, undefined, own === core ? { key, value: edit.to | 0 } : undefined),
    ),
  }));
  const unmodelled = coreOutcomes
    .flat()
    .filter(({ outcome }) => outcome.log.some(({ event }) => event === "unmodelled"));
  const limitHit: ScenarioResult["limit"] =
    found.limit ??
    (outcomesHit
      ? { limit: "outcomes", value: limit, remedy: "raise limits.outcomes or observe less" }
      : unmodelled.length > 0
        ? { limit: "unmodelled", value: unmodelled.length, remedy: "see the events named unmodelled in the outcomes" }
        : undefined);

  return {
    outcomes: outcomes.map(({ outcome }) => outcome),
    cores: coreOutcomes.map((own) => own.map(({ outcome }) => outcome)),
    unpredictable,
    stuck: found.stuck.map(({ memory, threads }) => ({ memory, cores: threads })),
    states: found.states,
    transitions: found.steps,
    memories: found.memories,
    seconds: found.seconds,
    complete: limitHit === undefined,
    ...(limitHit === undefined ? {} : { limit: limitHit }),
    witness(of): readonly WitnessStep[] {
      if ("core" in of) {
        const { name } = coreOutcomes[of.core]!.find(({ outcome }) => outcome === of.outcome)!;
        const execution = byCore[of.core]!.get(name)!;
        return path(execution, (core) => execution.tell(core, core === of.core ? name : undefined));
      }
      const { names, execution } = outcomes.find(({ outcome }) => outcome === of)!;
      return path(execution, (core) => execution.tell(core, names[core]));
    },
  };
}

/** Gathers distinct outcomes, each with the execution of the shortest memory that shows it: it makes the shortest witness. */
class Collector implements Visitor {
  readonly byCore: readonly Map<string, Execution<Message>>[];
  readonly joint = new Map<
    string,
    { names: readonly string[]; locations: readonly number[]; execution: Execution<Message> }
  >();
  readonly fetches = new Map<string, { core: number; key: number; edit: FetchEdit; execution: Execution<Message> }>();
  outcomesHit = false;
  readonly #scenario: Scenario;
  readonly #limit: number;

  constructor(scenario: Scenario, limit: number) {
    this.#scenario = scenario;
    this.#limit = limit;
    this.byCore = scenario.cores.map(() => new Map());
  }

  visit(execution: Execution<Message>, model: MachineModel, world: World): void {
    execution.outcomes.forEach((names, core) => {
      for (const name of names) keepShorter(this.byCore[core]!, name, execution);
    });
    this.#joint(execution, world);
    execution.races.forEach((races, core) => {
      for (const race of races) this.#race(core, race, execution, model, world);
    });
  }

  #joint(execution: Execution<Message>, world: World): void {
    const { memory } = execution;
    const locations = (this.#scenario.locations ?? []).map(
      ({ address, size }) => valueAt(world, memory, world.physical(address), size, memory.length) >>> 0,
    );
    for (const names of product(execution.outcomes)) {
      const key = `${names.join("|")} ${locations.join()}`;
      const known = this.joint.get(key);
      if (known === undefined && this.joint.size >= this.#limit) {
        this.outcomesHit = true;
        return;
      }
      if (known === undefined || known.execution.memory.length > memory.length) {
        this.joint.set(key, { names, locations, execution });
      }
    }
  }

  #race(core: number, race: Race, execution: Execution<Message>, model: MachineModel, world: World): void {
    for (const edit of edits(model, world, execution.memory, race)) {
      if (this.#scenario.cmodx?.(edit)) continue;
      const key = `${core} ${JSON.stringify(edit)}`;
      const known = this.fetches.get(key);
      if (known !== undefined && known.execution.memory.length <= execution.memory.length) continue;
      this.fetches.set(key, { core, key: race.key, edit, execution });
    }
  }
}

function keepShorter(known: Map<string, Execution<Message>>, name: string, execution: Execution<Message>): void {
  const before = known.get(name);
  if (before === undefined || before.memory.length > execution.memory.length) known.set(name, execution);
}

/** The pairs of values of a race, the one that memory held earlier first. */
function edits(model: MachineModel, world: World, memory: readonly Message[], race: Race): FetchEdit[] {
  const { isa, address, bytes, before } = model.fetchPoints[race.key]!;
  const at = world.physical(address);
  const since = (value: number): number => {
    for (let t = 0; t <= memory.length; t++) if (valueAt(world, memory, at, bytes, t) === value) return t;
    return memory.length + 1;
  };
  const ordered = [...race.values].sort((a, b) => since(a) - since(b));
  return ordered.flatMap((from, i) =>
    ordered.slice(i + 1).map((to) => ({ isa, address, bytes, from: from >>> 0, to: to >>> 0, before })),
  );
}

function* product(
  factors: readonly (readonly string[])[],
  chosen: readonly string[] = [],
): Generator<readonly string[]> {
  const factor = factors[chosen.length];
  if (factor === undefined) {
    yield chosen;
    return;
  }
  for (const name of factor) yield* product(factors, [...chosen, name]);
}

function check(scenario: Scenario): void {
  const fail = (what: string, remedy: string, facts: Record<string, unknown>): never => {
    throw new MachineError({ code: "E_SCENARIO", what, remedy, facts });
  };
  const names = (scenario.isas ?? []).map(({ name }) => name);
  const { lineBytes } = { ...architecture, ...scenario.model };
  const aliases = scenario.aliases ?? [];
  const within = (address: number, { address: from, size }: (typeof aliases)[number]): boolean =>
    address >= from && address < from + size;
  for (const alias of aliases) {
    const { address, size, of } = alias;
    const facts = { address, size, of };
    if (!(size > 0)) fail(`the alias at 0x${address.toString(16)} has no bytes`, "give it a size", facts);
    // A cache line is a line of both: else one access would be of two.
    if ((address - of) % lineBytes !== 0)
      fail("an alias cuts cache lines", `put it a multiple of ${lineBytes} bytes from its memory`, facts);
    if (aliases.some((other) => within(of, other) || within(of + size - 1, other)))
      fail("an alias stands for an alias", "name the memory itself", facts);
    if (aliases.some((other) => other !== alias && within(address, other)))
      fail("two aliases overlap", "place them apart", facts);
  }
  for (const { address, to } of scenario.interruptRegisters ?? []) {
    if (address % 4 !== 0)
      fail(`interrupt register at 0x${address.toString(16)} is not aligned`, "align it", { address });
    if (to.some((core) => scenario.cores[core] === undefined))
      fail("interrupt for a core that is not there", `use 0 to ${scenario.cores.length - 1}`, { address });
  }
  scenario.cores.forEach(({ steps, onIpi = [], onInterrupt, onException = {} }, core) => {
    for (const step of [...steps, ...onIpi]) {
      if ("size" in step && step.address % step.size !== 0) {
        fail(
          `core ${core}: ${step.op} of ${step.size} bytes at 0x${step.address.toString(16)} is not aligned`,
          "align it",
          {
            core,
            address: step.address,
            size: step.size,
          },
        );
      }
      if (step.op === "execute" && !names.includes(step.isa)) {
        fail(
          `core ${core}: no instruction set "${step.isa}"`,
          `give it in scenario.isas (there: ${names.join(", ")})`,
          { core },
        );
      }
      if (step.op === "send-ipi" && step.to.some((to) => scenario.cores[to] === undefined)) {
        fail(`core ${core}: interrupt for a core that is not there`, `use 0 to ${scenario.cores.length - 1}`, { core });
      }
    }
    for (const handler of [...Object.values(onException), ...(onInterrupt === undefined ? [] : [onInterrupt])]) {
      if (handler.kind === "code" && !names.includes(handler.isa)) {
        fail(
          `core ${core}: no instruction set "${handler.isa}"`,
          `give it in scenario.isas (there: ${names.join(", ")})`,
          { core },
        );
      }
    }
  });
}

/** Lets timers and input of the host run. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

// Both hosts (Node and browsers) have it; neither's type library is assumed.
declare function setTimeout(callback: () => void, milliseconds: number): unknown;
