// The test is read back by the litmus runner, which this package does not depend on.
import { parseLitmus, runLitmus } from "@cmodx/litmus";
import {
  type Edit,
  editOf,
  type PatchingError,
  type ProtocolName,
  plan,
  planToLitmus,
  provePlan,
} from "@cmodx/patching";
import { describe, expect, test } from "vitest";

const edits: Record<string, Edit> = {
  "A32 NOP to B": editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" }),
  "A32 B to NOP": editOf({ isa: "a32", address: 0x8000, from: "b 0x9000", to: "nop" }),
  "A32 B to B": editOf({ isa: "a32", address: 0x8000, from: "b 0x9000", to: "b 0xa000" }),
  "A32 NOP to BL": editOf({ isa: "a32", address: 0x8000, from: "nop", to: "bl 0x9000" }),
  "T16 NOP to B": editOf({ isa: "t32", address: 0x8002, from: "nop", to: "b.n 0x8100" }),
};

const PROTOCOLS: readonly ProtocolName[] = [
  "store-only",
  "store+maintenance",
  "sync-cores",
  "kick-cores",
  "flush-each-core",
  "stop-machine",
  "kernel-patch-text",
  "seed-2012",
];

describe.each(Object.entries(edits))("%s", (_, edit) => {
  test.each(PROTOCOLS)("by %s: the litmus test says what the proof says", (name) => {
    const made = plan(edit, name);
    const parsed = parseLitmus(planToLitmus(made));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
    const result = runLitmus(parsed.test);
    expect(result.error).toBeUndefined();
    const proved = provePlan(made, { properties: ["new-after-completion"] }).verdict;
    expect(result.verdict).toBe(proved === "holds" ? "Forbidden" : "Allowed");
    // The new instruction is executed in some execution, so the question is not an empty one.
    expect(result.outcomes.some(({ satisfies }) => !satisfies)).toBe(true);
  });
});

test.each([
  ["more than one fetch", editOf({ isa: "t32", address: 0x8000, from: "nop.w", to: "b.w 0x9000" }), "stop-machine"],
  ["other instructions", editOf({ isa: "a32", address: 0x8000, from: "nop", to: "svc #0" }), "sync-cores"],
  ["a placeholder", edits["A32 NOP to B"]!, "breakpoint-first"],
  ["other writers", edits["A32 NOP to B"]!, "stop-machine-all"],
] as const)("what a litmus test cannot say is refused: %s", (_, edit, name) => {
  try {
    planToLitmus(plan(edit, name));
    expect.unreachable();
  } catch (error) {
    expect((error as PatchingError).code).toBe("E_NOT_APPLICABLE");
  }
});
