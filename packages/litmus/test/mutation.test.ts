import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as codec from "@cmodx/codec";
import * as explore from "@cmodx/explore";
import type * as Litmus from "@cmodx/litmus";
import { build } from "vite";
import { expect, test } from "vitest";
import { ownTests } from "./own-tests.js";

// Each rule of the model, broken on purpose in a copy of the sources, must change the verdict of a test of ours: a rule that no
// test defends could be wrong without anyone noticing.
const packages = fileURLToPath(new URL("../../", import.meta.url));

interface Change {
  readonly from: string;
  readonly to: string;
}

/** Packages without a rule to break: loaded once, not in every copy. */
const shared: Readonly<Record<string, unknown>> = { "@cmodx/codec": codec, "@cmodx/explore": explore };

/** The sources of this package and all below it as one module that reads like them. */
const bundle: Promise<string> = build({
  configFile: false,
  logLevel: "silent",
  resolve: { conditions: ["@cmodx/source"] },
  build: {
    write: false,
    minify: false,
    lib: { entry: join(packages, "litmus", "src", "index.ts"), formats: ["cjs"] },
    rolldownOptions: { external: Object.keys(shared) },
  },
}).then((built) => {
  const [output] = [built].flat() as { readonly output: readonly { readonly code: string }[] }[];
  return output!.output[0]!.code;
});

/** The module with one text of the machine's sources changed, loaded. White space is as the bundler likes it. */
async function load(change?: Change): Promise<typeof Litmus> {
  let code = await bundle;
  if (change !== undefined) {
    const words = change.from.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const pattern = new RegExp(words.join("\\s+"), "g");
    expect(code.match(pattern)?.length, "the text to change must be there exactly once").toBe(1);
    code = code.replace(pattern, () => change.to);
  }
  const module = { exports: {} };
  // Not by import: the test runner would take a second to look at each copy.
  new Function("module", "exports", "require", code)(module, module.exports, (name: string) => shared[name]);
  return module.exports as typeof Litmus;
}

/** By rule, the name of the test that defends it. */
const defenders = new Map(
  readFileSync(new URL("defenders.txt", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(" => ") as [string, string]),
);

/** Is the verdict of this test the expected one? */
function right({ parseLitmus, runLitmus }: typeof Litmus, name: string): boolean {
  const { text, expected } = ownTests.find((one) => one.name === name)!;
  const parsed = parseLitmus(text);
  return (
    parsed.ok && runLitmus(parsed.test, { limits: { steps: 50_000, memories: 3_000, seconds: 2 } }).verdict === expected
  );
}

test("without a change every defender is decided as expected", async () => {
  const whole = await load();
  for (const name of defenders.values()) expect(right(whole, name), name).toBe(true);
});

test.each([
  ["fetch: t_f = max(vF, ts(w))", "view: Math.max(core.vF, t) }))", "view: Math.max(core.vF, 0) }))"],
  [
    "fetch: an old store is allowed until superseded",
    "superseded(run.memory, world, step.core, unit, others, t, view)",
    "writes.some((later) => later > t)",
  ],
  [
    "fetch: a superseded store is not allowed",
    "superseded(run.memory, world, step.core, unit, others, t, view)",
    "false",
  ],
  ["fetch: in order, vF := t_f", "core.vF = view;", ""],
  ["fetch: loads are ordered after it", "core.vrN = Math.max(core.vrN, view);", ""],
  ["fetch: the invalidate must come at or before t_f", "t <= view; t++", "t <= memory.length; t++"],
  ["fetch: the clean is needed", "let clean = world.knobs.idc;", "let clean = true;"],
  ["fetch: the clean comes before the invalidate", "if (clean && message.kind", "if (message.kind"],
  ["fetch: a local invalidate is local", "if (!message.local || message.core === core) return true;", "return true;"],
  [
    "fetch: a local invalidate counts at home",
    "if (!message.local || message.core === core) return true;",
    "if (!message.local) return true;",
  ],
  ["fetch: maintenance is of a line", "message.line === line || message.line === -1", "true"],
  ["fetch: everything is every line", "message.line === line || message.line === -1", "message.line === line"],
  [
    "fetch: halves of a word may differ",
    "  return mixtures(core, step, unit);",
    "  return [{ value: world.initial(address, size), view: core.vF, from: [] }];",
  ],
  ["load: not before vrN", "let pre = Math.max(address.view, core.vrN);", "let pre = address.view;"],
  ["load: not before its address", "let pre = Math.max(address.view, core.vrN);", "let pre = core.vrN;"],
  ["load: coherence", "if (!partly || !own[i]) floor = Math.max(floor, core.coh[cell] ?? 0);", ""],
  [
    "load: a core's own half is read early",
    "if (!partly || !own[i]) floor = Math.max(floor, core.coh[cell] ?? 0);",
    "floor = Math.max(floor, core.coh[cell] ?? 0);",
  ],
  ["load: all halves behind the bound", "let floor = pre; cells.forEach", "let floor = 0; cells.forEach"],
  ["load: later stores may be read", "positions.push(t);", "void t;"],
  ["load: vrO", "core.vrO = Math.max(core.vrO, post);", ""],
  ["load: acquire", "core.vrN = Math.max(core.vrN, post);", ""],
  ["store: not before its data", "address.pick ?? 0, data.view, data.pick ?? 0)", "address.pick ?? 0)"],
  ["store: not before vwN", "Math.max(core.vwN, core.vCAP)", "core.vCAP"],
  ["store: not on speculation", "Math.max(core.vwN, core.vCAP)", "core.vwN"],
  [
    "store: a picked store waits for its condition",
    "return Math.max(address.view, address.pick ?? 0, data",
    "return Math.max(address.view, data",
  ],
  ["store: vwO", "core.vwO = Math.max(core.vwO, t); core.vCAP", "core.vCAP"],
  ["store: release", "if (options.release) bound = Math.max(bound, core.vrO, core.vwO);", ""],
  ["store: exclusives are atomic", "message.core !== step.core &&", "false &&"],
  [
    "dmb sy: loads wait",
    "const v = Math.max(core.vrO, core.vwO, core.vD);\n    core.vrN = Math.max(core.vrN, v);",
    "const v = Math.max(core.vrO, core.vwO, core.vD);",
  ],
  [
    "dmb sy: waits for loads",
    "const v = Math.max(core.vrO, core.vwO, core.vD);",
    "const v = Math.max(core.vwO, core.vD);",
  ],
  [
    "dmb sy: waits for stores",
    "const v = Math.max(core.vrO, core.vwO, core.vD);",
    "const v = Math.max(core.vrO, core.vD);",
  ],
  ["dmb sy: cleans wait", "    core.vDN = Math.max(core.vDN, v);\n  } else", "  } else"],
  [
    "dmb st: loads do not wait",
    "core.vwN = Math.max(core.vwN, core.vwO);",
    "core.vwN = Math.max(core.vwN, core.vwO);\n    core.vrN = Math.max(core.vrN, core.vwO);",
  ],
  ["dmb st: stores wait", "core.vwN = Math.max(core.vwN, core.vwO);", ""],
  [
    "dmb: orders no invalidate",
    "const v = Math.max(core.vrO, core.vwO, core.vD);",
    "const v = Math.max(core.vrO, core.vwO, core.vD);\n    core.vIN = Math.max(core.vIN, v);",
  ],
  ["dsb: waits for cleans", "Math.max(core.vrO, core.vwO, core.vD, core.vI)", "Math.max(core.vrO, core.vwO, core.vI)"],
  [
    "dsb: waits for invalidates",
    "Math.max(core.vrO, core.vwO, core.vD, core.vI)",
    "Math.max(core.vrO, core.vwO, core.vD)",
  ],
  ["dsb: waits for loads", "Math.max(core.vrO, core.vwO, core.vD, core.vI)", "Math.max(core.vwO, core.vD, core.vI)"],
  ["dsb: vDSB", "core.vDSB = Math.max(core.vDSB, v);", ""],
  [
    "dsb: stores wait",
    "core.vwN = Math.max(core.vwN, v);\n  core.vDN = Math.max(core.vDN, v);\n  core.vIN = Math.max(core.vIN, v);\n  step",
    "core.vDN = Math.max(core.vDN, v);\n  core.vIN = Math.max(core.vIN, v);\n  step",
  ],
  ["dsb: invalidates wait", "core.vIN = Math.max(core.vIN, v);\n  step", "step"],
  ["isb: fetches see what the DSB waited for", "const v = Math.max(core.vCAP, core.vDSB);", "const v = core.vCAP;"],
  ["isb: fetches see what branches waited for", "const v = Math.max(core.vCAP, core.vDSB);", "const v = core.vDSB;"],
  ["isb: vF", "core.vF = Math.max(core.vF, v);", ""],
  [
    "isb: loads wait",
    "const v = Math.max(core.vCAP, core.vDSB);\n  core.vrN = Math.max(core.vrN, v);",
    "const v = Math.max(core.vCAP, core.vDSB);",
  ],
  [
    "branch: loads do not wait",
    "core.vCAP = Math.max(core.vCAP, view);",
    "core.vCAP = Math.max(core.vCAP, view);\n  core.vrN = Math.max(core.vrN, view);",
  ],
  ["branch: vCAP", "core.vCAP = Math.max(core.vCAP, view);", ""],
  ["clean: follows own stores to the line", "core.vDN, core.vC, core.scl[lineIndex] ?? 0", "core.vDN, core.vC"],
  ["clean: vDN", "core.vDN, core.vC, core.scl[lineIndex] ?? 0", "core.vC, core.scl[lineIndex] ?? 0"],
  ["clean: vD", "core.vD = Math.max(core.vD, t);", ""],
  ["invalidate: vIN", "Math.max(core.vIN, core.vC)", "core.vC"],
  ["invalidate: vI", "core.vI = Math.max(core.vI, t);", ""],
  ["clean and invalidate: not on speculation", "core.vC = Math.max(core.vC, view);", ""],
  [
    "store: forwarding gives the value before the store is in memory",
    "core.forwardView[cell] = view;",
    "core.forwardView[cell] = t;",
  ],
  ["load: an acquire waits for its own core's store-exclusive", "core.forwardExclusive[cell] = 1;", ""],
  [
    "load: only an acquire does",
    "!(acquire !== void 0 && core.forwardExclusive[cell] === 1)",
    "core.forwardExclusive[cell] !== 1",
  ],
  ["store: not before its address", "Math.max(address.view, address.pick ?? 0, data.view,", "Math.max(data.view,"],
  [
    "exception entry: context synchronisation",
    "contextSynchronisation(state);\n    builder.step.run.tell",
    "builder.step.run.tell",
  ],
  [
    "fetch: condition and target may be mixed",
    "const blended = blend === void 0 ? [] : blends(allowed, blend);",
    "const blended = [];",
  ],
  [
    "interrupt: fetches see what was before it",
    "core.interruptAt = t;\n  contextSynchronisation(core);\n  core.vF = Math.max(core.vF, t);",
    "core.interruptAt = t;\n  contextSynchronisation(core);",
  ],
  [
    "interrupt: entry is a context synchronisation",
    "core.interruptAt = t;\n  contextSynchronisation(core);",
    "core.interruptAt = t;",
  ],
  [
    "interrupt: return is a context synchronisation",
    "contextSynchronisation(this.core);\n    this.branchTo",
    "this.branchTo",
  ],
  [
    "interrupt: stores follow it",
    "core.vwN = Math.max(core.vwN, t);\n  core.vDN = Math.max(core.vDN, t);",
    "core.vDN = Math.max(core.vDN, t);",
  ],
  [
    "interrupt: cleans follow it",
    "core.vDN = Math.max(core.vDN, t);\n  core.vIN = Math.max(core.vIN, t);\n  step.run.tell(() => `take",
    "core.vIN = Math.max(core.vIN, t);\n  step.run.tell(() => `take",
  ],
  [
    "interrupt: invalidates follow it",
    "core.vIN = Math.max(core.vIN, t);\n  step.run.tell(() => `take",
    "step.run.tell(() => `take",
  ],
  ["interrupt: raised behind barriers", "Math.max(core.vwN, core.vCAP, core.vDSB)", "core.vCAP"],
  ["interrupt: not raised on speculation", "Math.max(core.vwN, core.vCAP, core.vDSB)", "Math.max(core.vwN, core.vDSB)"],
  [
    "interrupt: not raised before what it uses",
    "sendInterrupt(core, step, target, inputs)",
    "sendInterrupt(core, step, target, 0)",
  ],
  [
    "interrupt: taken in the end",
    "state.exceptionReturn.value !== 0 || pendingInterrupt(state, this.#at(thread, run)) === 0",
    "true",
  ],
  [
    "interrupt: masked in a handler",
    "if (state.frame === 0 && state.exceptionReturn.value === 0)",
    "if (state.frame === 0)",
  ],
  [
    "interrupt: the flags come back",
    "Object.assign(state, rest);",
    "{ const { flags, flagsView, flagsPick } = state; Object.assign(state, rest, { flags, flagsView, flagsPick }); }",
  ],
  [
    "alias: loads go by memory",
    "const at = world.physical(address.value >>> 0);\n  const cells = world.cells(at, size);\n  world.noteRead",
    "const at = address.value >>> 0;\n  const cells = world.cells(at, size);\n  world.noteRead",
  ],
  [
    "alias: stores go by memory",
    "const at = world.physical(address.value >>> 0);\n  const cells = world.cells(at, size);\n  const inputs",
    "const at = address.value >>> 0;\n  const cells = world.cells(at, size);\n  const inputs",
  ],
  [
    "alias: monitors go by memory",
    "const at = step.world.physical(address.value >>> 0);\n  const readAt",
    "const at = address.value >>> 0;\n  const readAt",
  ],
  [
    "alias: cleans go by memory",
    "const line = step.world.line(at);",
    "const line = step.world.line(address.value >>> 0);",
  ],
  ["alias: fetches go by memory", "const memory = world.physical(address);", "const memory = address;"],
  ["alias: invalidates go by address", 'this.knobs.l1ip === "pipt" ?', "true ?"],
  ["alias: but not where the cache is physically indexed", 'this.knobs.l1ip === "pipt" ?', "false ?"],
] as const)("%s", async (rule, from, to) => {
  expect(right(await load({ from, to }), defenders.get(rule)!)).toBe(false);
});
