import {
  check,
  editOf,
  type PatchingError,
  PROTOCOL_NAMES,
  type Property,
  type ProtocolName,
  plan,
  prove,
  provePlan,
} from "@cmodx/patching";
import { describe, expect, test } from "vitest";
import { edits } from "../edits.js";

/** A violation needs one executing core; what holds is shown with two. */
const executorsOf = (sound: boolean) => (sound ? [1, 2] : [1]);

describe.each(Object.entries(edits))("%s", (_, edit) => {
  describe.each(check(edit).protocols)("$name", ({ name, sound }) => {
    test.each(executorsOf(sound))(
      "what check calls sound, and only that, is proved: %d executing cores",
      (executors) => {
        const proof = prove(edit, name, { executors });
        expect(proof.complete).toBe(true);
        expect(proof.verdict).toBe(sound ? "holds" : "violated");
        expect(proof.counterexample === null).toBe(proof.verdict === "holds");
      },
    );
  });
});

describe.each(["A32, listed", "T16, listed", "T32 aligned, unlisted"] as const)("three executing cores: %s", (name) => {
  const sound = check(edits[name]).protocols.filter((choice) => choice.sound);
  test.each(sound)("$name holds", ({ name: protocol }) => {
    expect(prove(edits[name], protocol, { executors: 3 })).toMatchObject({ verdict: "holds", complete: true });
  });
});

test("stop-machine-all: equal stores and cache operations of several cores need not be looked at in every order", () => {
  const { states } = prove(edits["T32 across a line, unlisted"], "stop-machine-all", { executors: 2 });
  // Every order of what three cores do there would be some 750,000 memories, and millions of states.
  expect(states).toBeLessThan(400_000);
});

test("every protocol is put to the test by some edit", () => {
  const offered = Object.values(edits).flatMap((edit) => check(edit).protocols.map(({ name }) => name));
  // These two need a place to put something, so `check` does not offer them; their proofs are below.
  const placed = ["island", "literal-load"];
  expect([...new Set([...offered, ...placed])].toSorted()).toEqual(PROTOCOL_NAMES.toSorted());
});

describe("NOP.W to B.W by one aligned word store", () => {
  const edit = edits["T32 aligned, unlisted"];

  test("another core executes one old and one new halfword", () => {
    const { property, counterexample } = prove(edit, "store-only");
    expect(property).toBe("old-or-new");
    const [torn, wrong] = counterexample!.slice(-2);
    expect(torn!.event).toBe("execute");
    expect(torn!.detail).not.toMatch(/nop\.w|b\.w 0x9000$/);
    expect(wrong).toEqual({
      core: 1,
      event: "violation",
      detail: "this is neither the old instruction nor the new one",
    });
  });

  test("the counterexample is no longer than the story: store, two fetches, one execution", () => {
    const events = prove(edit, "store-only").counterexample!.map(({ core, event }) => `${core} ${event}`);
    expect(events).toEqual(["0 store", "1 fetch", "1 fetch", "1 execute", "1 violation"]);
  });

  test("stop_machine with an ISB on every core is proved, with three executing cores too", () => {
    expect(prove(edit, "stop-machine", { executors: 3 })).toMatchObject({ verdict: "holds", complete: true });
  });

  test("without the waiters' ISB, as Linux has it, it is not", () => {
    const { verdict, properties } = prove(edit, "kernel-patch-text");
    expect(verdict).toBe("violated");
    expect(properties.map(({ verdict: each }) => each)).toEqual(["violated", "violated", "holds"]);
  });
});

describe("A32 NOP to B, which the list covers", () => {
  const edit = edits["A32, listed"];

  test("a store alone is never torn, and never surely seen", () => {
    expect(prove(edit, "store-only").properties).toEqual([
      { property: "old-or-new", verdict: "holds" },
      { property: "new-after-completion", verdict: "violated" },
      { property: "no-deadlock", verdict: "holds" },
    ]);
  });

  test("maintenance without an ISB on the executing core leaves a stale fetch", () => {
    const { property, counterexample } = prove(edit, "store+maintenance");
    expect(property).toBe("new-after-completion");
    expect(counterexample!.at(-2)!.detail).toContain("nop");
  });

  test("one property can be asked for by itself", () => {
    expect(prove(edit, "store-only", { properties: ["old-or-new"] })).toMatchObject({
      verdict: "holds",
      property: "old-or-new",
    });
  });
});

test("ARMv8 lists ISB in A32, ARMv7 does not, and the proof follows the list", () => {
  const edit = editOf({ isa: "a32", address: 0x8000, from: "nop", to: "isb sy" });
  const verdict = (architecture: "armv7" | "armv8-aarch32") =>
    prove(edit, "store-only", { architecture, properties: ["old-or-new"] }).verdict;
  expect([verdict("armv7"), verdict("armv8-aarch32")]).toEqual(["violated", "holds"]);
});

test("a limit that was hit is unknown, never a proof", () => {
  const proof = prove(edits["A32, listed"], "stop-machine", { executors: 2, limits: { steps: 50 } });
  expect(proof).toMatchObject({ verdict: "unknown", complete: false, limit: { limit: "steps", value: 50 } });
});

test("cores that execute nothing prove nothing", () => {
  try {
    prove(edits["A32, listed"], "stop-machine", { executors: 0 });
    expect.unreachable();
  } catch (error) {
    expect((error as PatchingError).code).toBe("E_EXECUTORS");
  }
});

describe("a far target from a small site", () => {
  const far = editOf({ isa: "t32", address: 0x8002, from: "nop", to: "b.w 0x19000" });
  const branch = editOf({ isa: "a32", address: 0x8000, from: "b 0x9000", to: "b 0xa000" });

  test.each([1, 2])("an island is sound for %d executing cores", (executors) => {
    expect(prove(far, "island", { island: 0x8100, executors })).toMatchObject({ verdict: "holds", complete: true });
  });

  test("a veneer that nobody waited for may be executed as what was there before", () => {
    const { steps, ...made } = plan(far, "island", { island: 0x8100 });
    const hasty = steps.patcher.filter(({ id }) => !/stage-1-(dsb|interrupt|await|clean|invalidate)/.test(id));
    const proof = provePlan({ ...made, steps: { ...steps, patcher: hasty } });
    expect(proof).toMatchObject({ verdict: "violated", property: "old-or-new" });
  });

  test("a literal is never torn, and never surely seen", () => {
    const { properties } = prove(branch, "literal-load", { literal: 0x8100 });
    expect(properties.map(({ verdict }) => verdict)).toEqual(["holds", "violated", "holds"]);
  });
});

describe("never new and then old again", () => {
  const listed = edits["A32, listed"];
  const verdict = (name: ProtocolName) => prove(listed, name, { properties: ["never-new-then-old"] }).verdict;

  test("the list alone does not promise it: a core may fetch the new one early and the old one from its cache after", () => {
    expect((["store-only", "sync-cores", "kick-cores"] as const).map(verdict)).toEqual(Array(3).fill("violated"));
  });

  test("a placeholder in between, or nobody at the site, does", () => {
    expect((["breakpoint-first", "stop-machine"] as const).map(verdict)).toEqual(Array(2).fill("holds"));
  });

  test("what a protocol promises is what is proved", () => {
    const properties: Property[] = ["never-new-then-old"];
    for (const { name } of check(listed).protocols) {
      const promised = plan(listed, name).promises.includes("never-new-then-old");
      if (name === "kernel-patch-text" || name === "seed-2012") expect(promised).toBe(false);
      else expect(prove(listed, name, { properties }).verdict).toBe(promised ? "holds" : "violated");
    }
  });
});

describe("validated old value", () => {
  const properties: Property[] = ["validated-old-value"];

  test.each(["store-only", "sync-cores", "breakpoint-first", "stop-machine"] as const)("%s", (name) => {
    const edit = edits["T32 aligned, unlisted"];
    if (check(edit).protocols.every((choice) => choice.name !== name)) return;
    expect(prove(edit, name, { properties }).verdict).toBe("violated");
    expect(prove(edit, name, { properties, validate: true })).toMatchObject({ verdict: "holds", complete: true });
  });

  test("the comparison changes nothing where the old instruction is there", () => {
    expect(prove(edits["A32, listed"], "sync-cores", { validate: true }).verdict).toBe("holds");
  });
});

describe("several edits in one plan", () => {
  const sites = [0x8000, 0x8008].map((address) => editOf({ isa: "a32", address, from: "nop", to: "b 0x9000" }));

  test.each(["sync-cores", "nop-toggle", "stop-machine"] as const)("%s holds for both sites", (name) => {
    expect(prove(sites, name, { calls: 1 })).toMatchObject({ verdict: "holds", complete: true });
  });

  test("one unlisted edit among listed ones is found", () => {
    const unlisted = editOf({ isa: "a32", address: 0x8010, from: "nop", to: "add sp, sp, #4" });
    expect(prove([...sites, unlisted], "sync-cores", { calls: 1 })).toMatchObject({
      verdict: "violated",
      property: "old-or-new",
    });
  });
});

describe("executing cores that run through real code: an instruction, the site, and the code that it leads to and back", () => {
  const cases = Object.entries(edits).flatMap(([name, edit]) =>
    check(edit)
      .protocols.filter((choice) => choice.name !== "stop-machine-all")
      .map((choice) => ({ which: name, edit, name: choice.name })),
  );

  test.each(cases)("$which by $name: what is proved of the site alone holds of them", ({ edit, name }) => {
    const verdicts = (code: "site" | "real") =>
      prove(edit, name, { code, calls: 1 }).properties.map(({ verdict }) => verdict);
    expect(verdicts("real")).toEqual(verdicts("site"));
  });

  test("the instruction before the site is executed, and the site after it", () => {
    const { counterexample } = prove(edits["A32, listed"], "store+maintenance", { code: "real" });
    const executed = counterexample!.filter(({ core, event }) => core === 1 && event === "execute");
    expect(executed.map(({ detail }) => detail).join("; ")).toMatch(/0x7ffc.*0x8000/);
  });

  test("a literal's targets are not code that could be real", () => {
    const branch = editOf({ isa: "a32", address: 0x8000, from: "b 0x9000", to: "b 0xa000" });
    expect(() => prove(branch, "literal-load", { literal: 0x8100, code: "real" })).toThrow("has no place for them");
  });
});
