import { type Edit, editOf } from "../edit.js";
import { provePlan } from "../proof/prove.js";
import type { ProtocolName } from "../protocols/catalogue.js";
import { type Plan, plan } from "../protocols/plan.js";
import type { Property } from "../protocols/property.js";
import type { StepOperation } from "../protocols/step.js";
import type { Pattern, PatternId, Reproduction, Version } from "./pattern.js";

// Mistakes in how one instruction is changed: a protocol that is not sound for the edit, or one with a step missing.

// Edits and plans are made when they are asked for: who only checks an edit loads this file and must not wait for the assembler.
const jumpLabel = (): Edit => editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });

interface OneInstruction {
  readonly id: PatternId;
  readonly title: string;
  readonly explanation: string;
  /** The property that the mistake breaks. */
  readonly property: Property;
  readonly faulty: () => Plan;
  readonly fixed: () => Plan;
}

/** A plan with those steps changed that `change` answers for; `null` leaves a step out. */
function changed(made: Plan, change: (id: string, operation: StepOperation) => StepOperation | null | undefined): Plan {
  const steps = made.steps.patcher.flatMap((step) => {
    const operation = change(step.id, step.operation);
    if (operation === null) return [];
    return [operation === undefined ? step : { ...step, operation }];
  });
  return { ...made, steps: { ...made.steps, patcher: steps } };
}

const without = (edit: Edit, protocol: ProtocolName, pattern: RegExp): Plan =>
  changed(plan(edit, protocol), (id) => (pattern.test(id) ? null : undefined));

const acrossALine = (): Edit => editOf({ isa: "t32", address: 0x803e, from: "nop.w", to: "b.w 0x9000" });
const linked = (): Edit => editOf({ isa: "a32", address: 0x8000, from: "str r0, [r1]", to: "ldr pc, [pc, #-4]" });

const PATTERNS: readonly OneInstruction[] = [
  {
    id: "P1",
    title: "the instructions are not both in the list",
    explanation:
      "A store is overwritten with a load of PC while other cores run through it. Neither is listed, so executing the site " +
      "meanwhile is UNPREDICTABLE, however it is written. Right: stop the other cores.",
    property: "old-or-new",
    faulty: () => plan(linked(), "sync-cores"),
    fixed: () => plan(linked(), "stop-machine"),
  },
  {
    id: "P2",
    title: "a torn 32-bit Thumb instruction",
    explanation:
      "Two halfwords are written and two halfwords are fetched, and a core takes one of each. Right: a site whose two forms " +
      "differ in one halfword, as a BL and a 16-bit B over its second half do.",
    property: "old-or-new",
    faulty: () => plan(editOf({ isa: "t32", address: 0x8002, from: "nop.w", to: "b.w 0x9000" }), "sync-cores"),
    fixed: () => plan(editOf({ isa: "t32", address: 0x8002, from: "b.n 0x8006", to: "bl 0x9000" }), "sync-cores"),
  },
  {
    id: "P4",
    title: "the data cache is not cleaned",
    explanation:
      "The new instruction stays in the writer's data cache, and instruction fetch reads the old one from memory. Right: clean " +
      "the line to the point of unification before the instruction caches are invalidated.",
    property: "new-after-completion",
    faulty: () => without(jumpLabel(), "sync-cores", /^clean/),
    fixed: () => plan(jumpLabel(), "sync-cores"),
  },
  {
    id: "P5",
    title: "the instruction caches are not invalidated",
    explanation:
      "Every core may go on fetching the old instruction from its cache, for ever. Right: invalidate the line.",
    property: "new-after-completion",
    faulty: () => without(jumpLabel(), "sync-cores", /^invalidate$/),
    fixed: () => plan(jumpLabel(), "sync-cores"),
  },
  {
    id: "P6",
    title: "a barrier is missing between clean and invalidate",
    explanation:
      "The invalidate may overtake the clean, and the cache fills with the old bytes in between. Right: a DSB that waits for " +
      "the clean.",
    property: "new-after-completion",
    faulty: () => without(jumpLabel(), "sync-cores", /^dsb-after-clean$/),
    fixed: () => plan(jumpLabel(), "sync-cores"),
  },
  {
    id: "P7",
    title: "a local operation where a broadcast one is needed",
    explanation:
      "ICIALLU invalidates the instruction cache of the core that executes it; the others keep the old instruction. Right: " +
      "the Inner Shareable form.",
    property: "new-after-completion",
    faulty: () =>
      changed(plan(jumpLabel(), "sync-cores"), (_, operation) =>
        operation.op === "invalidate-icache" ? { ...operation, scope: "local" } : undefined,
      ),
    fixed: () => plan(jumpLabel(), "sync-cores"),
  },
  {
    id: "P8",
    title: "maintenance of the wrong lines",
    explanation:
      "The loop over the lines steps further than the smallest cache line there is, or works on another alias, and misses one. " +
      "Right: step by the smallest line of any core.",
    property: "new-after-completion",
    faulty: () => without(acrossALine(), "stop-machine", /-2$/),
    fixed: () => plan(acrossALine(), "stop-machine"),
  },
  {
    id: "P9",
    title: "the executing core has no context synchronisation",
    explanation:
      "Maintenance is broadcast, an ISB is not: a core that has fetched ahead executes the old instruction after everything " +
      "was done right on the writer. Right: every executing core executes an ISB, or takes an exception.",
    property: "new-after-completion",
    faulty: () => plan(jumpLabel(), "store+maintenance"),
    fixed: () => plan(jumpLabel(), "sync-cores"),
  },
];

function reproduce({ property, ...plans }: OneInstruction, version: Version): Reproduction {
  const { verdict, states, transitions, seconds, counterexample } = provePlan(plans[version](), {
    properties: [property],
  });
  const found = verdict === "unknown" ? verdict : verdict === "violated";
  return { found, states, transitions, seconds, counterexample };
}

export const PROTOCOL_PATTERNS: readonly Pattern[] = PATTERNS.map((one) => {
  const { id, title, explanation } = one;
  return { id, title, explanation, reproduce: (version) => reproduce(one, version) };
});
