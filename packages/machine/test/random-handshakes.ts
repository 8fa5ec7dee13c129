import { a32, type Operation, type Scenario } from "@cmodx/machine";
import { randomBelow } from "../../../test/random.js";

const site = 0x8000;
const flags = [0x100, 0x200, 0x204];
const nop = [0x00, 0xf0, 0x20, 0xe3];
const stores: readonly Operation[] = [
  ...flags.flatMap((address): Operation[] => [
    { op: "store", address, size: 4, value: 1 },
    { op: "store", address, size: 4, value: 0 },
  ]),
  { op: "store", address: 0x102, size: 2, value: 1 },
  { op: "store", address: site, size: 4, value: 0xea000002 },
  { op: "store", address: site, size: 2, value: 0 },
];
const others: readonly Operation[] = [
  ...flags.map((address): Operation => ({ op: "load", address, size: 4, as: `${address}` })),
  { op: "load", address: 0x100, size: 2, as: "half" },
  { op: "await", address: 0x200, size: 4, equals: 1 },
  { op: "clean-dcache", address: site },
  { op: "clean-dcache", address: 0x200 },
  { op: "invalidate-icache", address: site, scope: "broadcast" },
  { op: "dmb", option: "sy" },
  { op: "dmb", option: "st" },
  { op: "dsb", option: "sy" },
  { op: "isb" },
  { op: "execute", isa: "a32", address: site, until: [site + 4, site + 0x10] },
];

/** What a patching core does before it interrupts, in one of a few orders, with a step missing now and then. */
function round(pick: (below: number) => number, to: number): Operation[] {
  const steps: Operation[] = [
    { op: "store", address: 0x200, size: 4, value: 0 },
    { op: "store", address: site, size: 4, value: pick(2) === 0 ? 0xea000002 : 0xe320f000 },
    { op: "clean-dcache", address: site },
    { op: "dsb", option: "sy" },
    { op: "invalidate-icache", address: site, scope: "broadcast" },
    { op: "dsb", option: "sy" },
    { op: "send-ipi", to: [to] },
    { op: "await", address: 0x200, size: 4, equals: 1 },
  ];
  return steps.filter(() => pick(6) > 0);
}

/** Cores that store to many places, tell each other by flags and interrupts, and execute what is stored. */
export function randomHandshakes(seed: number): Scenario {
  const pick = randomBelow(seed);
  const some = (from: readonly Operation[]): Operation => from[pick(from.length)]!;
  const program = (length: number): Operation[] => Array.from({ length }, () => some(pick(2) === 0 ? stores : others));
  const rounds = seed % 2 === 0 ? [...round(pick, 1), ...round(pick, 1)] : program(3 + pick(4));
  return {
    memory: [
      { address: site, bytes: nop },
      { address: site + 0x10, bytes: nop },
    ],
    isas: [a32],
    sites: [{ address: site, size: 4 }],
    locations: [...flags, site].map((address) => ({ address, size: 4 as const })),
    cores: [
      { steps: rounds },
      {
        steps: program(1 + pick(3)),
        onIpi: [{ op: "isb" }, { op: "store", address: 0x200, size: 4, value: 1 }],
        afterIpi: pick(2) === 0 ? "branch" : "exception-return",
      },
      ...(pick(3) === 0 ? [{ steps: program(1 + pick(2)) }] : []),
    ],
  };
}

/** Cores that all make the same change, with a step missing now and then, and execute what they change. */
export function randomTogether(seed: number): Scenario {
  const pick = randomBelow(seed);
  const all: readonly Operation[] = [
    { op: "await", address: 0x100, size: 4, equals: 1 },
    { op: "store", address: site, size: 4, value: 0xea000002 },
    { op: "load", address: site, size: 4, as: "code" },
    { op: "clean-dcache", address: site },
    { op: "dsb", option: "sy" },
    { op: "invalidate-icache", address: site, scope: "broadcast" },
    { op: "dsb", option: "sy" },
    { op: "isb" },
    { op: "execute", isa: "a32", address: site, until: [site + 4, site + 0x10] },
    { op: "store", address: 0x100, size: 4, value: 1 },
  ];
  const program = (): Operation[] => {
    const steps = all.filter(
      (step) => pick(step.op === "load" || step.op === "await" ? 3 : 5) > (step.op === "await" ? 1 : 0),
    );
    if (pick(3) === 0)
      steps.splice(pick(steps.length + 1), 0, { op: "store", address: site, size: 4, value: 0xe320f000 });
    return steps;
  };
  return {
    memory: [
      { address: site, bytes: nop },
      { address: site + 0x10, bytes: nop },
    ],
    isas: [a32],
    sites: [{ address: site, size: 4 }],
    locations: [0x100, site].map((address) => ({ address, size: 4 as const })),
    cores: Array.from({ length: pick(4) === 0 ? 3 : 2 }, () => ({ steps: program() })),
  };
}

/** Cores that store the same values to the same places between barriers, and one or two that read in some order which came first. */
export function randomEqualStores(seed: number): Scenario {
  const pick = randomBelow(seed);
  const some = (from: readonly Operation[]): Operation => from[pick(from.length)]!;
  const barrier = (): Operation[] => {
    const which = pick(4);
    return which === 0 ? [] : [{ op: "dmb", option: which === 1 ? "st" : which === 2 ? "ld" : "sy" }];
  };
  const written = flags.map((address): Operation => ({ op: "store", address, size: 4, value: 1 }));
  const read = flags.flatMap((address): Operation[] => [
    { op: "load", address, size: 4, as: `${address}` },
    { op: "await", address, size: 4, equals: 1 },
  ]);
  const program = (from: readonly Operation[], length: number): Operation[] =>
    Array.from({ length }, () => [some(from), ...barrier()]).flat();
  return {
    memory: [],
    locations: flags.map((address) => ({ address, size: 4 as const })),
    cores: [
      { steps: program(written, 1 + pick(3)) },
      { steps: program(written, 1 + pick(3)) },
      { steps: program(pick(3) === 0 ? [...written, ...read] : read, 2 + pick(3)) },
    ],
  };
}
