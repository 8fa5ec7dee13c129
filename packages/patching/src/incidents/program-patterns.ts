import { assemble } from "@cmodx/codec";
import {
  a32,
  type CoreOutcome,
  exploreSync,
  type InitialBytes,
  type Operation,
  type Scenario,
  type ScenarioResult,
  type WitnessStep,
} from "@cmodx/machine";
import { type Pattern, type Reproduction, reproduction, type Version } from "./pattern.js";

// Mistakes that take more than one instruction: the programs are real A32 code on two cores.

/** A32 code in memory. */
function code(address: number, text: string): InitialBytes {
  const assembled = assemble(text, { isa: "a32", address });
  if (!assembled.ok) throw new Error(`${assembled.issues[0]?.message}: ${text}`);
  return { address, bytes: assembled.code };
}

/** One A32 instruction as the word that a store writes. */
function word(address: number, text: string): number {
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0] = code(address, text).bytes;
  return (b0 | (b1 << 8) | (b2 << 16) | (b3 << 24)) >>> 0;
}

const store = (address: number, value: number): Operation => ({ op: "store", address, size: 4, value });
const DSB: Operation = { op: "dsb", option: "sy" };

/** Takes what was stored to where every core fetches it from. */
const published = (address: number): Operation[] => [
  { op: "clean-dcache", address },
  DSB,
  { op: "invalidate-icache", address, scope: "broadcast" },
  DSB,
];

/** The architecture's list is not what these patterns are about. */
const anyPair = () => true;

/** An execution in which `core` ends as it must not. */
function ending(
  result: ScenarioResult,
  core: number,
  why: string,
  wrong: (outcome: CoreOutcome) => boolean,
): readonly WitnessStep[] | undefined {
  const outcome = result.cores[core]?.find(wrong);
  return outcome && [...result.witness({ core, outcome }), { core, event: "violation", detail: why }];
}

const FUNCTION = 0x8000;
const [OLD, NEW] = [0x11112222, 0x33334444];

/** P3: a constant that two instructions make is changed while another core makes it. */
function constantInTwo(version: Version): Reproduction {
  const literal = FUNCTION + 8;
  const faulty = version === "faulty";
  const text = faulty ? "movw r0, #0x2222\nmovt r0, #0x1111\nbx lr" : "ldr r0, [pc, #0]\nbx lr\n.word 0x11112222";
  const changes: Operation[] = faulty
    ? [
        store(FUNCTION, word(FUNCTION, "movw r0, #0x4444")),
        store(FUNCTION + 4, word(FUNCTION + 4, "movt r0, #0x3333")),
        ...published(FUNCTION),
      ]
    : [store(literal, NEW)];
  const scenario: Scenario = {
    memory: [code(FUNCTION, text)],
    isas: [a32],
    cmodx: anyPair,
    cores: [{ steps: changes }, { steps: [{ op: "execute", isa: "a32", address: FUNCTION }], observe: [0] }],
  };
  const result = exploreSync(scenario);
  const wrong = ending(result, 1, "half of the old constant and half of the new one", ({ registers: [r0 = 0] }) => {
    return r0 >>> 0 !== OLD && r0 >>> 0 !== NEW;
  });
  return reproduction(result, wrong);
}

const SITE = 0x8000;
const BODY = 0x9000;

/** P10: new code is made reachable before every core can fetch it. */
function publication(version: Version): Reproduction {
  const body = store(BODY, word(BODY, "bx lr"));
  const branch = store(SITE, word(SITE, `b 0x${BODY.toString(16)}`));
  const scenario: Scenario = {
    memory: [code(SITE, "nop\nbx lr"), code(BODY, "udf #0")],
    isas: [a32],
    cmodx: anyPair,
    cores: [
      { steps: version === "faulty" ? [body, branch] : [body, ...published(BODY), branch] },
      { steps: [{ op: "execute", isa: "a32", address: SITE }] },
    ],
  };
  const result = exploreSync(scenario);
  const wrong = ending(result, 1, "the branch is there and the code it leads to is not", ({ log }) =>
    log.some(({ event }) => event === "exception"),
  );
  return reproduction(result, wrong);
}

/** P11: the patcher does not look at what it overwrites. */
function wrongOldValue(version: Version): Reproduction {
  const PATCHER = 0xa000;
  const patched = word(SITE, "b 0x9000");
  const text = version === "faulty" ? "str r3, [r1]\nbx lr" : "ldr r0, [r1]\ncmp r0, r2\nstreq r3, [r1]\nbx lr";
  const scenario: Scenario = {
    // Somebody else has put a branch of their own where the patcher expects a NOP.
    memory: [code(SITE, "b 0xc000"), code(PATCHER, text)],
    isas: [a32],
    cmodx: anyPair,
    locations: [{ address: SITE, size: 4 }],
    cores: [
      {
        registers: { 1: SITE, 2: word(SITE, "nop"), 3: patched },
        steps: [{ op: "execute", isa: "a32", address: PATCHER }],
      },
    ],
  };
  const result = exploreSync(scenario);
  const outcome = result.outcomes.find(({ locations: [site] }) => site === patched);
  const why = "somebody else's instruction is overwritten";
  return reproduction(result, outcome && [...result.witness(outcome), { core: 0, event: "violation", detail: why }]);
}

/** L1: the patcher waits for cores that wait for the patcher. */
function rendezvous(version: Version): Reproduction {
  const [stopped, lock] = [0x100, 0x200];
  const waitForStop: Operation = { op: "await", address: stopped, size: 4, equals: 1 };
  const unlock = store(lock, 1);
  const scenario: Scenario = {
    memory: [],
    cores: [
      // The patcher wants every core to stop, and holds what another core needs before it can.
      { steps: version === "faulty" ? [waitForStop, unlock] : [unlock, waitForStop] },
      { steps: [{ op: "await", address: lock, size: 4, equals: 1 }, store(stopped, 1)] },
    ],
  };
  const result = exploreSync(scenario);
  const [stuck] = result.stuck;
  return reproduction(
    result,
    stuck?.cores.map((core) => ({ core, event: "violation", detail: "waits for ever" })),
  );
}

export const PROGRAM_PATTERNS: readonly Pattern[] = [
  {
    id: "P3",
    title: "several instructions changed as if they were one",
    explanation:
      "MOVW and MOVT make one constant in two instructions; a core runs the old one and the new other. Right: keep what " +
      "changes in one word of data, which a load takes whole.",
    reproduce: constantInTwo,
  },
  {
    id: "P10",
    title: "new code reachable before it can be fetched",
    explanation:
      "The branch to new code becomes visible before the code does. Right: store the code, make it fetchable, and only then " +
      "store the branch.",
    reproduce: publication,
  },
  {
    id: "P11",
    title: "the wrong old value, or the wrong place",
    explanation:
      "What is overwritten is not what the patcher believes: somebody else's patch, a literal, another instruction. Right: " +
      "compare before the store, and refuse.",
    reproduce: wrongOldValue,
  },
  {
    id: "L1",
    title: "a rendezvous that never ends",
    explanation:
      "The patcher waits for a core to stop while it holds what that core needs before it can. Right: let go first.",
    reproduce: rendezvous,
  },
];
