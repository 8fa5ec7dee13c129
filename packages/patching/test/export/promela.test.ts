import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  editOf,
  type PatchingError,
  type Plan,
  type Property,
  type ProtocolName,
  plan,
  planToPromela,
  provePlan,
} from "@cmodx/patching";
import { afterAll, describe, expect, test } from "vitest";
import { edits } from "../edits.js";

// SPIN explores a machine that shares nothing with ours, and must say the same of every plan. Where spin and a C compiler are not
// installed (apt-get install spin gcc), only the text is checked.

const MATRIX: readonly (readonly [edit: keyof typeof edits, ...protocols: ProtocolName[]])[] = [
  [
    "A32, listed",
    "store-only",
    "store+maintenance",
    "sync-cores",
    "flush-each-core",
    "stop-machine",
    "kernel-patch-text",
  ],
  ["A32, unlisted", "sync-cores", "stop-machine"],
  ["T32 aligned, unlisted", "store-only", "kick-cores", "stop-machine"],
  ["T32 across a line, unlisted", "seed-2012", "stop-machine"],
  ["T32 calls, both halfwords", "halfword-toggle"],
];

const installed = ["spin", "gcc"].every((tool) => spawnSync(tool, ["--version"]).error === undefined);
if (!installed) process.stderr.write("promela.test.ts: spin or gcc is not installed: plans are not checked by SPIN\n");

const directory = mkdtempSync(join(tmpdir(), "cmodx-spin-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const ASKED = { "old-or-new": [], "new-after-completion": ["-DAFTER_COMPLETION"] } as const;

/** What SPIN says of a plan. */
function spin(made: Plan, property: keyof typeof ASKED): "holds" | "violated" {
  writeFileSync(join(directory, "plan.pml"), planToPromela(made));
  const run = (tool: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(tool, args, { cwd: directory, encoding: "utf8" });
    if (status !== 0) throw new Error(`${tool}: ${stdout}${stderr}`);
    return stdout;
  };
  run("spin", ...ASKED[property], "-a", "plan.pml");
  run("gcc", "-O0", "-w", "-DSAFETY", "-o", "pan", "pan.c");
  const said = run("./pan", "-E", "-m1000000");
  expect(said).not.toContain("max search depth too small");
  return / errors: 0\b/.test(said) ? "holds" : "violated";
}

describe.runIf(installed)("SPIN says what prove says", () => {
  const cases = MATRIX.flatMap(([name, ...protocols]) => protocols.map((protocol) => ({ name, protocol })));
  describe.each(cases)("$name by $protocol", ({ name, protocol }) => {
    test.each(["old-or-new", "new-after-completion"] as const)("%s", (property) => {
      const made = plan(edits[name], protocol);
      expect(spin(made, property)).toBe(provePlan(made, { properties: [property] }).verdict);
    });
  });

  const made = plan(edits["A32, listed"], "stop-machine");
  const properties: Property[] = ["new-after-completion"];
  test.each(["clean", "dsb-after-clean", "invalidate", "dsb-after-invalidate", "isb", "invalidate-predictor"])(
    "of stop-machine without %s, too",
    (id) => {
      const role = id === "isb" ? "others" : "patcher";
      const less = { ...made, steps: { ...made.steps, [role]: made.steps[role].filter((step) => step.id !== id) } };
      const proved = provePlan(less, { properties }).verdict;
      expect(proved).toBe(id === "invalidate-predictor" ? "holds" : "violated");
      expect(spin(less, "new-after-completion")).toBe(proved);
    },
  );

  test("its own machine is not one where nothing goes wrong: a wrong expectation is refuted", () => {
    const wrong = plan({ ...edits["A32, listed"], to: edits["A32, unlisted"].to }, "store-only");
    expect(spin(wrong, "old-or-new")).toBe("violated");
  });
});

test("what this machine does not have is refused", () => {
  const far = editOf({ isa: "t32", address: 0x8002, from: "nop", to: "b.w 0x19000" });
  try {
    planToPromela(plan(far, "island", { island: 0x8100 }));
    expect.unreachable();
  } catch (error) {
    expect((error as PatchingError).code).toBe("E_NOT_APPLICABLE");
  }
});

test("the text names each step and each value", () => {
  const text = planToPromela(plan(edits["T32 calls, both halfwords"], "halfword-toggle"));
  expect(text).toContain("unit 0 at 0x8002: 0 = 0xf000, 1 = 0xf002, 2 = 0xe000");
  expect(text.match(/\{/g)?.length).toBe(text.match(/\}/g)?.length);
  for (const said of ["DCCMVAU 0x00008000", "interrupt every other core", "wait until every other core says: synced"]) {
    expect(text).toContain(said);
  }
});
