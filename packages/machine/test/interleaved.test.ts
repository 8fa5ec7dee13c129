import { drain, interleaved } from "@cmodx/explore";
import {
  a32,
  architecture,
  type ExploreOptions,
  exploreSync,
  MachineModel,
  type Operation,
  type Scenario,
  searchMachine,
  World,
} from "@cmodx/machine";
import { expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";
import { randomEqualStores, randomHandshakes, randomTogether } from "./random-handshakes.js";

// The promise-first search against its definition (threads interleaved step by step, certified after each step), on random
// programs of the plan operations and of A32 code that stores to, maintains and executes code.
const [x, y, flag, site, target] = [0x100, 0x200, 0x300, 0x8000, 0x8010];
const nop = [0x00, 0xf0, 0x20, 0xe3];
const branch = 0xea000002;

const choices: readonly (() => Operation)[] = [
  () => ({ op: "store", address: x, size: 4, value: 1 }),
  () => ({ op: "store", address: y, size: 4, value: 1 }),
  () => ({ op: "store", address: x, size: 4, value: 2 }),
  () => ({ op: "store", address: x + 2, size: 2, value: 7 }),
  () => ({ op: "load", address: x, size: 4, as: "x" }),
  () => ({ op: "load", address: y, size: 4, as: "y" }),
  () => ({ op: "await", address: y, size: 4, equals: 1 }),
  () => ({ op: "store", address: site, size: 4, value: branch }),
  () => ({ op: "clean-dcache", address: site }),
  () => ({ op: "invalidate-icache", address: site, scope: "broadcast" }),
  () => ({ op: "invalidate-icache", address: "all", scope: "local" }),
  () => ({ op: "dmb", option: "sy" }),
  () => ({ op: "dmb", option: "st" }),
  () => ({ op: "dmb", option: "ld" }),
  () => ({ op: "dsb", option: "sy" }),
  () => ({ op: "isb" }),
  () => ({ op: "execute", isa: "a32", address: site, until: [site + 4, target] }),
  () => ({ op: "execute", isa: "a32", address: site, until: [site + 4, target] }),
  () => ({ op: "send-ipi", to: [1] }),
];

function randomScenario(seed: number): Scenario {
  const pick = randomBelow(seed);
  const program = (length: number): Operation[] =>
    Array.from({ length }, () => choices[pick(choices.length)]!()).filter(
      (step, _, all) => step.op !== "send-ipi" || all.indexOf(step) === all.findIndex(({ op }) => op === "send-ipi"),
    );
  return {
    memory: [
      { address: site, bytes: nop },
      { address: target, bytes: nop },
    ],
    isas: [a32],
    sites: [{ address: site, size: 4 }],
    cores: [
      { steps: program(2 + pick(3)) },
      {
        steps: program(1 + pick(3)).filter(({ op }) => op !== "send-ipi"),
        onIpi: [{ op: "store", address: flag, size: 4, value: 1 }],
      },
    ],
  };
}

function fast(scenario: Scenario, reductions: NonNullable<ExploreOptions["reductions"]> = {}): string[] {
  const ends = new Set<string>();
  const start = () => ({
    visit(execution: { memory: readonly unknown[]; outcomes: readonly (readonly string[])[] }, model: MachineModel) {
      const memory = (execution.memory as Parameters<MachineModel["identity"]>[0][]).map((m) => model.identity(m));
      for (const one of execution.outcomes[0]!) {
        for (const other of execution.outcomes[1]!)
          ends.add(JSON.stringify({ memory, outcomes: [one, other].map((o) => read(model, o)) }));
      }
    },
  });
  const { found } = drain(searchMachine(scenario, { reductions }, start));
  expect(found.complete).toBe(true);
  return [...ends].sort();
}

const read = (model: MachineModel, outcome: string): unknown => model.observations.list(Number.parseInt(outcome, 10));

function slow(scenario: Scenario): string[] | undefined {
  const bytes = new Map(
    scenario.memory.flatMap(({ address, bytes }) => [...bytes].map((byte, i) => [address + i, byte] as const)),
  );
  const world = new World(bytes, architecture, 2, 1, false);
  const model = new MachineModel(world, scenario.cores, [a32], scenario.sites ?? []);
  return interleaved(model, 4_000)
    ?.map(({ memory, outcomes }) => JSON.stringify({ memory, outcomes: outcomes.map((o) => read(model, o)) }))
    .sort();
}

test("promise-first finds the executions that interleaving finds, on random programs", () => {
  let compared = 0;
  let executions = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const scenario = randomScenario(seed);
    const expected = slow(scenario);
    if (expected === undefined) continue;
    compared++;
    executions += expected.length;
    expect(fast(scenario, { independence: false }), `seed ${seed}: ${JSON.stringify(scenario.cores)}`).toEqual(
      expected,
    );
  }
  expect(compared).toBeGreaterThan(80);
  expect(executions).toBeGreaterThan(500);
});

/** What can be told of an execution: what each core observed, and what memory holds in the end. */
function told(scenario: Scenario, reductions: Parameters<typeof fast>[1]): string[] {
  const locations = [x, y, flag, site].map((address) => ({ address, size: 4 as const }));
  const result = exploreSync({ ...scenario, locations }, reductions === undefined ? {} : { reductions });
  expect(result.complete).toBe(true);
  const unpredictable = result.unpredictable.map(({ witness, ...fetch }) => JSON.stringify(fetch));
  return [...result.outcomes.map((outcome) => JSON.stringify(outcome)), ...unpredictable].sort();
}

test("each reduction off gives the same outcomes as on", () => {
  for (let seed = 1000; seed < 1100; seed++) {
    const scenario = randomScenario(seed);
    const on = told(scenario, {});
    for (const off of ["projection", "independence", "order", "sharing", "dominance"] as const) {
      expect(told(scenario, { [off]: false }), `${off}, seed ${seed}`).toEqual(on);
    }
  }
});

test.each([
  ["programs with many messages", randomHandshakes, 15],
  ["cores that make the same change", randomTogether, 5],
  ["equal stores of several cores, and readers between them", randomEqualStores, 5],
] as const)("leaving out orders that nobody compares changes nothing, on %s", (_, random, waiting) => {
  let [compared, fewer, stuck] = [0, 0, 0];
  for (let seed = 1; seed <= Number(globalThis.process?.env["CMODX_SEEDS"] ?? 150); seed++) {
    const scenario = random(seed);
    const off = exploreSync(scenario, { reductions: { order: false }, limits: { memories: 600 } });
    if (!off.complete) continue;
    const on = exploreSync(scenario);
    expect(everything(on), `seed ${seed}: ${JSON.stringify(scenario.cores)}`).toEqual(everything(off));
    compared++;
    if (on.memories < off.memories) fewer++;
    if (off.stuck.length > 0) stuck++;
  }
  expect(compared).toBeGreaterThan(90);
  expect(fewer).toBeGreaterThan(60);
  expect(stuck).toBeGreaterThan(waiting);
});

test("an order that nobody compares is left out where a handshake is made in rounds", () => {
  const scenario: Scenario = {
    memory: [],
    locations: [{ address: x, size: 4 }],
    cores: [
      {
        steps: [1, 2].flatMap((value): Operation[] => [
          { op: "store", address: flag, size: 4, value: 0 },
          { op: "store", address: x, size: 4, value },
          { op: "clean-dcache", address: x },
          { op: "dsb", option: "sy" },
          { op: "send-ipi", to: [1] },
          { op: "await", address: flag, size: 4, equals: 1 },
        ]),
      },
      { steps: [], onIpi: [{ op: "store", address: flag, size: 4, value: 1 }] },
    ],
  };
  const [on, off] = [exploreSync(scenario), exploreSync(scenario, { reductions: { order: false } })];
  expect(everything(on)).toEqual(everything(off));
  expect(on.outcomes).toHaveLength(1);
  expect(on.memories * 2).toBeLessThan(off.memories);
});

/** Outcomes, unpredictable fetches, and who waits for ever with what in memory, whatever its order. */
function everything({ outcomes, unpredictable, stuck }: ReturnType<typeof exploreSync>): unknown {
  const sorted = (list: readonly unknown[]): string[] => [...new Set(list.map((one) => JSON.stringify(one)))].sort();
  return {
    outcomes: sorted(outcomes),
    unpredictable: sorted(unpredictable.map(({ witness, ...fetch }) => fetch)),
    stuck: sorted(stuck.map(({ cores, memory }) => ({ cores, memory: [...memory].sort() }))),
  };
}
