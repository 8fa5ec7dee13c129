import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PROPERTY_NAMES, PROTOCOL_NAMES } from "@cmodx/patching";
import { describe, expect, test } from "vitest";
import { runCommand } from "../../cli/test/run-command.js";
import type { ProofAnswer } from "../src/engine/answer.js";
import { ask } from "../src/engine/ask.js";
import { commandOf } from "../src/engine/command.js";
import { GOALS, isGoal, isMet } from "../src/engine/goals.js";
import { PROPERTY_CHOICES, PROTOCOL_CHOICES } from "../src/engine/names.js";
import { type PlayState, readState, SITE_DEFAULT, type SiteState, writeState } from "../src/engine/state.js";
import { LITMUS_EXAMPLES, PROGRAM_EXAMPLES, SITE_EXAMPLES } from "../src/playground/examples.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));

function proofOf(state: PlayState): ProofAnswer {
  const answer = ask(state);
  const [first] = answer.kind === "site" ? answer.proofs : [];
  if (first === undefined || !("verdict" in first)) throw new Error(`no proof: ${JSON.stringify(answer)}`);
  return first;
}

test("the page offers what the catalogue has", () => {
  expect(PROTOCOL_CHOICES).toEqual(PROTOCOL_NAMES);
  expect(PROPERTY_CHOICES).toEqual(PROPERTY_NAMES);
});

describe("an execution", () => {
  const edits = [
    { isa: "a32", at: 0x8000, from: "nop", to: "b 0x9000" },
    { isa: "a32", at: 0x8000, from: "add sp, sp, #4", to: "bl 0x9000" },
    { isa: "t32", at: 0x8000, from: "nop.w", to: "b.w 0x9000" },
    { isa: "t32", at: 0x8002, from: "bl 0x8100", to: "bl 0xa200" },
    { isa: "t32", at: 0x8000, from: "nop", to: "b.w 0x9000" },
  ] as const;
  const cases = edits
    .flatMap((edit) =>
      PROTOCOL_CHOICES.flatMap((protocol) =>
        (["site", "real"] as const).map((code): SiteState => ({ ...SITE_DEFAULT, ...edit, protocol, code })),
      ),
    )
    .filter(({ protocol }) => protocol !== "stop-machine-all");

  test.each(cases)("of $isa $from to $to by $protocol, $code code, is followed line by line", (state) => {
    const answer = ask(state);
    const [first] = answer.kind === "site" ? answer.proofs : [];
    if (first === undefined || !("verdict" in first) || first.execution === null) return;
    expect(first.execution.hasStates).toBe(true);
    const { frames, cores } = first.execution;
    expect(frames.at(-1)?.event === "violation").toBe(first.verdict === "violated");
    for (const frame of frames) expect(frame.cores).toHaveLength(cores);
    // Nothing is torn or stale before the first store, and what is told to be executed is among what could be.
    expect(
      frames
        .filter(({ visible }) => visible === 0)
        .flatMap(({ sites }) => sites)
        .every(({ could }) => could.flat().every(({ age }) => age === "fresh")),
    ).toBe(true);
  });

  test("says which half is old and which is new", () => {
    const { execution, failed } = proofOf(SITE_DEFAULT);
    const executed = execution?.frames.findLast((frame) => frame.event === "execute")?.executed;
    expect(failed).toBe("old-or-new");
    expect(executed).toMatchObject({ units: [0xf3af, 0xbffe], age: "torn", text: "b.w 0x3b8000" });
  });

  test("shows what each side holds, as the rules of fetch have it", () => {
    const state: SiteState = {
      ...SITE_DEFAULT,
      isa: "a32",
      from: "nop",
      to: "b 0x9000",
      protocol: "store+maintenance",
    };
    const { execution } = proofOf(state);
    const at = (event: string) => execution!.frames.find((frame) => frame.event === event)!.sites[0]!;
    expect(at("store").data).toMatchObject({ text: "b 0x9000", age: "fresh" });
    expect(at("store").unified).toMatchObject({ text: "nop", age: "stale" });
    expect(at("clean").unified).toMatchObject({ text: "b 0x9000", age: "fresh" });
    expect(at("isb").could[0]!.map(({ text }) => text)).toEqual(["b 0x9000"]);
    expect(at("isb").could[1]!.map(({ age }) => age)).toEqual(["fresh", "stale"]);
  });
});

describe("a changed plan", () => {
  const listed: SiteState = { ...SITE_DEFAULT, isa: "a32", from: "nop", to: "b 0x9000", protocol: "sync-cores" };

  test("fails without its clean, and says so", () => {
    const { verdict, failed, patcher } = proofOf({ ...listed, changes: [{ kind: "drop", role: "patcher", index: 1 }] });
    expect([verdict, failed]).toEqual(["violated", "new-after-completion"]);
    expect(patcher[1]).toMatchObject({ id: "clean", state: "dropped" });
  });

  test("shows an added step where it stands", () => {
    const { verdict, patcher } = proofOf({
      ...listed,
      changes: [{ kind: "add", role: "patcher", index: 1, what: "dmb" }],
    });
    expect(verdict).toBe("holds");
    expect(patcher.slice(0, 3).map(({ state }) => state)).toEqual(["own", "added", "own"]);
  });
});

describe("outcomes", () => {
  test.each(LITMUS_EXAMPLES)("of the litmus example '$label' are there", ({ state }) => {
    const answer = ask(state);
    expect(answer.kind).toBe("outcomes");
    if (answer.kind === "outcomes") expect(answer.complete && answer.execution?.hasStates !== false).toBe(true);
  });

  test.each(PROGRAM_EXAMPLES)("of the program '$label' are there, with registers", ({ state }) => {
    const answer = ask(state);
    if (answer.kind !== "outcomes") throw new Error(JSON.stringify(answer));
    expect(answer.outcomes.length).toBeGreaterThan(1);
    expect(answer.execution?.frames.at(-1)?.cores.some(({ registers }) => registers.some((value) => value !== 0))).toBe(
      true,
    );
  });

  test("a program may change the other core's code", () => {
    const answer = ask(PROGRAM_EXAMPLES[0]!.state);
    const states = answer.kind === "outcomes" ? answer.outcomes.map(({ state }) => /1:r5=\S+/.exec(state)?.[0]) : [];
    expect(states.toSorted()).toEqual(["1:r5=0x1", "1:r5=0x2"]);
  });

  test("are incomplete where a bound was hit, and say so", () => {
    const text = "core 0:\n ldr r0, =0x2000\nl: add r1, r1, #1\n str r1, [r0]\n b l\n";
    expect(ask({ mode: "program", isa: "a32", text })).toMatchObject({
      complete: false,
      limit: expect.stringContaining("messages reached"),
      execution: null,
    });
  });

  test("of a program are shown one at a time", () => {
    for (const show of ["1:r5=0x1", "1:r5=0x2"]) {
      const state = PROGRAM_EXAMPLES[0]!.state;
      const all = ask(state);
      const wanted =
        all.kind === "outcomes" ? all.outcomes.find((each) => each.state.includes(show))?.state : undefined;
      const answer = ask(state, wanted);
      if (answer.kind !== "outcomes") throw new Error(JSON.stringify(answer));
      expect(answer.shown).toBe(wanted);
      expect(answer.execution?.frames.at(-1)?.cores[1]?.registers[5]).toBe(Number(show.at(-1)));
    }
  });

  test.each([
    ["core 0:\n nonsense r1\n", 2],
    ["core 0:\n nop\ncore 2:\n nop\n", 3],
    ["nop\ncore 0:\n nop\n", 1],
    ["", 1],
    ["core 0:\n nop\ncore 1:\n nop\n blah\n", 5],
  ])("a program that is none is refused at its line: %j", (text, line) => {
    expect(ask({ mode: "program", isa: "a32", text })).toMatchObject({ kind: "refusal", line });
  });
});

describe("a shared link", () => {
  const states = [...SITE_EXAMPLES, ...LITMUS_EXAMPLES, ...PROGRAM_EXAMPLES].map(({ state }) => state);
  const full: SiteState = {
    ...SITE_DEFAULT,
    versus: "stop-machine",
    architecture: "armv8-aarch32",
    executors: 3,
    calls: 4,
    code: "real",
    property: "never-new-then-old",
    changes: [
      { kind: "drop", role: "others", index: 0 },
      { kind: "add", role: "patcher", index: 2, what: "invalidate-local" },
    ],
  };

  test.each([...states, full])("holds the whole question", (state) => {
    expect(readState(writeState(state))).toEqual(state);
  });

  test.each([
    "",
    "mode=other",
    `mode=litmus&text=${"x".repeat(100_000)}`,
    "mode=site&isa=__proto__&at=-1&protocol=constructor&executors=1e9&calls=0&steps=-p999,+p1:rm,-x1",
    "mode=site&at=0x123456789&from=%00%1b%5B31m&property=toString&versus=hasOwnProperty",
  ])("that somebody made up is cut down to what is known: %.60s", (fragment) => {
    const state = readState(fragment);
    if (state === undefined) return;
    expect(writeState(state).length).toBeLessThan(200);
    expect(state).toMatchObject({
      mode: "site",
      isa: "t32",
      at: 0x8000,
      protocol: "store-only",
      executors: 1,
      changes: [],
    });
  });

  test.each([SITE_DEFAULT, { ...full, changes: [] }])("is a command, too, with the same verdict", async (state) => {
    const { stdout } = await runCommand(`${commandOf({ ...state, executors: 1 })?.replace("cmodx ", "")} --json`);
    const { verdict, states } = JSON.parse(stdout) as { verdict: string; states: number };
    expect({ verdict, states }).toEqual(pick(proofOf({ ...state, executors: 1 })));
  });
});

const pick = ({ verdict, states }: ProofAnswer) => ({ verdict, states });

describe("exercises", () => {
  const attribute = (text: string, name: string): string =>
    (new RegExp(`\\s${name}="([^"]*)"`).exec(text)?.[1] ?? "").replaceAll("&amp;", "&");
  const exercises = readdirSync(join(root, "docs/learn")).flatMap((page) => {
    const text = readFileSync(join(root, "docs/learn", page), "utf8");
    return [...text.matchAll(/<cmodx-playground [^>]*>/g)].map(([element]) => ({
      page,
      goal: attribute(element, "goal"),
      state: attribute(element, "state"),
      solution: attribute(element, "solution"),
    }));
  });

  test("every lesson has one, and every goal is asked for somewhere", () => {
    expect(new Set(exercises.map(({ page }) => page)).size).toBe(6);
    expect(Object.keys(GOALS).toSorted()).toEqual([...new Set(exercises.map(({ goal }) => goal))].toSorted());
  });

  test.each(exercises)("$page: $goal is not met at first, and by its solution", ({ goal, state, solution }) => {
    const met = (fragment: string): boolean => {
      const asked = readState(fragment);
      if (asked === undefined || !isGoal(goal)) throw new Error(`${goal} ${fragment}`);
      const kept = new URLSearchParams(writeState(asked));
      for (const [name, value] of new URLSearchParams(fragment)) expect([name, kept.get(name)]).toEqual([name, value]);
      return isMet(goal, asked, ask(asked));
    };
    expect([met(state), met(solution)]).toEqual([false, true]);
  });
});
