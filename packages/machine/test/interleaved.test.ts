import { drain, interleaved } from "@cmodx/explore";
import {
  a32,
  architecture,
  exploreSync,
  MachineModel,
  type Operation,
  type Scenario,
  searchMachine,
  World,
} from "@cmodx/machine";
import { expect, test } from "vitest";

// The promise-first search against its definition (threads interleaved step by step, certified after each step), on random
// programs of the plan operations and of A32 code that stores to, maintains and executes code.
const [x, y, flag, site, target] = [0x100, 0x200, 0x300, 0x8000, 0x8010];
const nop = [0x00, 0xf0, 0x20, 0xe3];
const branch = 0xea000002;

/** A small generator of numbers (mulberry32), so that a failure can be run again from its seed. */
function random(seed: number): (below: number) => number {
  let a = seed;
  return (below) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

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
  const pick = random(seed);
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

function fast(
  scenario: Scenario,
  reductions: { projection?: boolean; independence?: boolean; dominance?: boolean } = {},
): string[] {
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
    for (const off of ["projection", "independence", "dominance"] as const) {
      expect(told(scenario, { [off]: false }), `${off}, seed ${seed}`).toEqual(on);
    }
  }
});
