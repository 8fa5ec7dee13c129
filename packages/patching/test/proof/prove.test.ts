import { check, type Edit, editOf, type PatchingError, PROTOCOL_NAMES, prove } from "@cmodx/patching";
import { describe, expect, test } from "vitest";

const edits: Record<string, Edit> = {
  "A32, listed": editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" }),
  "A32, unlisted": editOf({ isa: "a32", address: 0x8000, from: "nop", to: "add sp, sp, #4" }),
  "T16, listed": editOf({ isa: "t32", address: 0x8002, from: "nop", to: "b.n 0x8100" }),
  "T32, listed in its first halfword": editOf({ isa: "t32", address: 0x8002, from: "bl 0x9000", to: "b.n 0x8006" }),
  "T32, listed, the way back": editOf({ isa: "t32", address: 0x8002, from: "b.n 0x8006", to: "bl 0x9000" }),
  "T32, listed in its second halfword": editOf({ isa: "t32", address: 0x8000, from: "bl 0x8100", to: "bl 0x8200" }),
  "T32 calls, both halfwords": editOf({ isa: "t32", address: 0x8002, from: "bl 0x8100", to: "bl 0xa200" }),
  "T32 aligned, unlisted": editOf({ isa: "t32", address: 0x8000, from: "nop.w", to: "b.w 0x9000" }),
  "T32 across a word, unlisted": editOf({ isa: "t32", address: 0x8002, from: "nop.w", to: "b.w 0x9000" }),
  "T32 across a line, unlisted": editOf({ isa: "t32", address: 0x803e, from: "add.w sp, sp, #4", to: "bl 0x9000" }),
};

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

test("every protocol is put to the test by some edit", () => {
  const offered = Object.values(edits).flatMap((edit) => check(edit).protocols.map(({ name }) => name));
  expect([...new Set(offered)].toSorted()).toEqual(PROTOCOL_NAMES.toSorted());
});

describe("NOP.W to B.W by one aligned word store", () => {
  const edit = edits["T32 aligned, unlisted"]!;

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
  const edit = edits["A32, listed"]!;

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
  const proof = prove(edits["A32, listed"]!, "stop-machine", { executors: 2, limits: { steps: 50 } });
  expect(proof).toMatchObject({ verdict: "unknown", complete: false, limit: { limit: "steps", value: 50 } });
});

test("cores that execute nothing prove nothing", () => {
  try {
    prove(edits["A32, listed"]!, "stop-machine", { executors: 0 });
    expect.unreachable();
  } catch (error) {
    expect((error as PatchingError).code).toBe("E_EXECUTORS");
  }
});
