import { editOf, PROTOCOL_NAMES, PROTOCOLS, plan, planToC, planToDot } from "@cmodx/patching";
import { describe, expect, test } from "vitest";

const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" });
const call = editOf({ isa: "t32", address: 0x8002, from: "bl 0x8100", to: "bl 0xa200" });
const plans = PROTOCOL_NAMES.flatMap((name) =>
  [edit, call].filter((one) => PROTOCOLS[name].refuses?.(one, {}) === undefined).map((one) => plan(one, name)),
);

describe.each(plans)("$protocol, $edit.isa", (made) => {
  const steps = [...made.steps.patcher, ...made.steps.others];

  test("C has a statement and a reason for each step, and balanced braces", () => {
    const text = planToC(made);
    expect(text.match(/^\t[^/].*;/gm)?.length).toBe(steps.length);
    for (const { why } of steps) expect(text).toContain(`/* ${why} */`);
    expect(text.match(/\{/g)?.length).toBe(text.match(/\}/g)?.length);
  });

  test("C declares each variable that it uses, once", () => {
    const text = planToC(made);
    const declared = [...text.matchAll(/^static (?:atomic_t|int) (\w+)/gm)].map(([, name]) => name);
    const used = [...text.matchAll(/(?:atomic_\w+\(&|(?:READ|WRITE)_ONCE\()([a-z]\w*)/g)].map(([, name]) => name);
    expect([...new Set(used)].toSorted()).toEqual(declared.toSorted());
  });

  test("DOT has a node for each step, and an arrow for each signal", () => {
    const text = planToDot(made);
    for (const { id } of steps) expect(text).toContain(`"${id}"`);
    const waits = steps.filter(
      ({ operation }) => operation.op.startsWith("await") || operation.op === "interrupt-others",
    );
    expect(text.match(/style=dashed/g)?.length ?? 0).toBe(waits.length);
  });
});
