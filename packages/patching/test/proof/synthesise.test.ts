import {
  check,
  compareCost,
  cost,
  type Edit,
  editOf,
  plan,
  provePlan,
  type Step,
  type Synthesis,
  synthesise,
} from "@cmodx/patching";
import { describe, expect, test } from "vitest";
import { edits } from "../edits.js";

const searched = Object.keys(edits) as (keyof typeof edits)[];

const found = new Map<string, Promise<Synthesis>>();
const cheapest = (name: (typeof searched)[number]) => {
  const asked = found.get(name) ?? synthesise(edits[name], { limits: { steps: 50_000 } });
  found.set(name, asked);
  return asked;
};

describe.each(searched)("%s", (name) => {
  const edit: Edit = edits[name];
  test("no sound protocol is cheaper, and the proof is with two executing cores", async () => {
    const made = await cheapest(name);
    expect(made.proof).toMatchObject({ verdict: "holds", complete: true, executors: 2 });
    const sound = check(edit).protocols.filter((choice) => choice.sound);
    for (const choice of sound) expect(compareCost(made.cost!, choice.cost)).toBeLessThanOrEqual(0);
  });

  test("the edit is made, and the patching core's own sequence is whole", async () => {
    const { patcher } = (await cheapest(name)).plan!.steps;
    const ops = patcher.map(({ operation }) => operation.op);
    const sequence = ["store", "clean-dcache", "dsb", "invalidate-icache", "invalidate-predictor", "dsb", "isb"];
    const at = sequence.map((op, i) =>
      ops.indexOf(op as Step["operation"]["op"], i === 5 ? ops.lastIndexOf("invalidate-predictor") : 0),
    );
    expect(at).toEqual(at.toSorted((a, b) => a - b));
    expect(at).not.toContain(-1);
  });
});

test("what is left is needed: each further step that goes breaks a property", async () => {
  const { plan: made } = await cheapest("A32, unlisted");
  for (const role of ["patcher", "others"] as const) {
    for (const [i, step] of made!.steps[role].entries()) {
      if (step.id === "invalidate-predictor" || (role === "patcher" && step.id === "isb")) continue;
      const less = { ...made!, steps: { ...made!.steps, [role]: made!.steps[role].toSpliced(i, 1) } };
      expect(provePlan(less).verdict, step.id).toBe("violated");
    }
  }
});

test("fewer properties need fewer steps: a store alone is never torn, where the edit is listed", async () => {
  const { plan: made, complete } = await synthesise(edits["A32, listed"], { properties: ["old-or-new"] });
  expect(complete).toBe(true);
  expect(made!.steps.patcher.map(({ id }) => id)).toEqual(["store"]);
  expect(made!.steps.others).toEqual([]);
  expect(made!.promises).toEqual(["old-or-new"]);
});

test("what the model cannot miss stays, unless one asks for no more than the model", async () => {
  const edit = edits["A32, unlisted"];
  const price = async (modelOnly: boolean) => (await synthesise(edit, { modelOnly, limits: { steps: 50_000 } })).cost!;
  expect(compareCost(await price(true), await price(false))).toBeLessThan(0);
});

test("old values are compared where that is asked for", async () => {
  const properties = ["old-or-new", "validated-old-value"] as const;
  const { plan: made } = await synthesise(edits["A32, listed"], { properties, validate: true });
  expect(made!.steps.patcher.map(({ id }) => id)).toEqual(["expect", "store"]);
});

test("a limit is told, and a cost that was not reached is none", async () => {
  const cut = await synthesise(edits["A32, unlisted"], { plans: 3 });
  expect(cut).toMatchObject({ tried: 3, complete: false });
  if (cut.plan !== undefined) expect(cut.cost).toEqual(cost(cut.plan, 2));
});

test("an edit that no protocol but a placed one makes is found with its place", async () => {
  const far = editOf({ isa: "t32", address: 0x8002, from: "nop", to: "b.w 0x19000" });
  const { plan: made } = await synthesise(far, {
    island: 0x8100,
    properties: ["old-or-new"],
    limits: { steps: 50_000 },
  });
  expect(compareCost(cost(made!, 2), cost(plan(far, "island", { island: 0x8100 }), 2))).toBeLessThanOrEqual(0);
});
