import { drain, type Execution, type Progress, promiseFirst } from "@cmodx/explore";
import { architecture, type Knobs } from "./knobs.js";
import { MachineError } from "./machine-error.js";
import { MachineModel } from "./machine-model.js";
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
import { interleave, type WitnessStep } from "./witness.js";
import { CellsTooCoarse, World } from "./world.js";

const defaultOutcomes = 100_000;

/**
 * Finds every execution of a scenario that the memory and fetch model allows.
 *
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

/** As {@link exploreSync}, letting other work of the thread happen now and then, so that it can be cancelled. */
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

/** The exploration as a generator of progress reports. */
export function* exploration(scenario: Scenario, options: ExploreOptions = {}): Generator<Progress, ScenarioResult> {
  check(scenario);
  for (let cellBytes = 4; ; ) {
    try {
      return yield* withCells(scenario, options, cellBytes);
    } catch (error) {
      if (!(error instanceof CellsTooCoarse) || cellBytes === 1) throw error;
      cellBytes = Math.min(error.bytes, cellBytes / 2);
    }
  }
}

function* withCells(
  scenario: Scenario,
  options: ExploreOptions,
  cellBytes: number,
): Generator<Progress, ScenarioResult> {
  const knobs: Knobs = { ...architecture, ...scenario.model };
  const world = new World(bytesOf(scenario), knobs, scenario.cores.length, cellBytes, options.reductions?.dominance);
  const model = new MachineModel(world, scenario.cores, scenario.isas ?? [], scenario.sites ?? []);
  const limit = options.limits?.outcomes ?? defaultOutcomes;

  /** The execution with the shortest memory that shows an outcome: it makes the shortest witness. */
  const byCore = scenario.cores.map(() => new Map<string, Execution<Message>>());
  const joint = new Map<
    string,
    { names: readonly string[]; locations: readonly number[]; execution: Execution<Message> }
  >();
  const fetches = new Map<string, { core: number; key: number; edit: FetchEdit; execution: Execution<Message> }>();
  let outcomesHit = false;

  const search = promiseFirst(
    model,
    (execution) => {
      const locations = (scenario.locations ?? []).map(
        ({ address, size }) => valueAt(world, execution.memory, address, size, execution.memory.length) >>> 0,
      );
      execution.outcomes.forEach((names, core) => {
        for (const name of names) keepShorter(byCore[core]!, name, execution);
      });
      for (const names of product(execution.outcomes)) {
        const key = `${names.join("|")} ${locations.join()}`;
        const known = joint.get(key);
        if (known !== undefined) {
          if (known.execution.memory.length > execution.memory.length) joint.set(key, { ...known, execution });
        } else if (joint.size < limit) joint.set(key, { names, locations, execution });
        else {
          outcomesHit = true;
          break;
        }
      }
      execution.races.forEach((races, core) => {
        for (const race of races) {
          for (const edit of edits(model, world, execution.memory, race)) {
            if (scenario.cmodx?.(edit)) continue;
            const key = `${core} ${JSON.stringify(edit)}`;
            const known = fetches.get(key);
            if (known !== undefined && known.execution.memory.length <= execution.memory.length) continue;
            fetches.set(key, { core, key: race.key, edit, execution });
          }
        }
      });
    },
    {
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      ...(options.reductions?.projection === undefined ? {} : { projection: options.reductions.projection }),
    },
  );
  const found = yield* search;

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

function keepShorter(known: Map<string, Execution<Message>>, name: string, execution: Execution<Message>): void {
  const before = known.get(name);
  if (before === undefined || before.memory.length > execution.memory.length) known.set(name, execution);
}

/** The pairs of values of a race, the one that memory held earlier first. */
function edits(
  model: MachineModel,
  world: World,
  memory: readonly Message[],
  race: { readonly key: number; readonly values: readonly number[] },
): FetchEdit[] {
  const { isa, address, bytes, before } = model.fetchPoints[race.key]!;
  const since = (value: number): number => {
    for (let t = 0; t <= memory.length; t++) if (valueAt(world, memory, address, bytes, t) === value) return t;
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

function bytesOf(scenario: Scenario): Map<number, number> {
  const bytes = new Map<number, number>();
  for (const { address, bytes: content } of scenario.memory) {
    for (let i = 0; i < content.length; i++) bytes.set(address + i, content[i]!);
  }
  return bytes;
}

function check(scenario: Scenario): void {
  const fail = (what: string, remedy: string, facts: Record<string, unknown>): never => {
    throw new MachineError({ code: "E_SCENARIO", what, remedy, facts });
  };
  const names = (scenario.isas ?? []).map(({ name }) => name);
  scenario.cores.forEach(({ steps, onIpi = [], onException = {} }, core) => {
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
    for (const handler of Object.values(onException)) {
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
