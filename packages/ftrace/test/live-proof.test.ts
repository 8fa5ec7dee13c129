import { format } from "@cmodx/codec";
import { FtraceOps, liveProtocol } from "@cmodx/ftrace";
import { check, type Edit, editOf, prove } from "@cmodx/patching";
import { describe, expect, test, vi } from "vitest";
import { assembledProgram, mcount } from "./assembled-program.js";

/** Functions whose calls lie differently to words, so that in T32 some lie across one. */
const source = `
main: bl f_one
 b done
f_one:
  ${mcount()}
  bx lr
f_two:
  ${mcount("push {r4, lr}")}
  nop
  pop {r4, pc}
`;

/** Every edit that live tracing makes when everything that there is is switched on and off. */
function liveEdits(isa: "a32" | "t32"): Edit[] {
  const { tracer } = assembledProgram(isa, source, { patching: "live" });
  const edits: Edit[] = [];
  const { patch } = tracer.patcher;
  vi.spyOn(tracer.patcher, "patch").mockImplementation((made) => {
    edits.push(...made);
    patch.call(tracer.patcher, made);
  });
  tracer.tracer = "function";
  const regs = new FtraceOps("regs", () => undefined, { saveRegs: true });
  tracer.ftrace.register(regs);
  tracer.tracer = "function_graph";
  tracer.ftrace.unregister(regs);
  tracer.tracer = "nop";
  tracer.ftrace.register(regs);
  tracer.ftrace.unregister(regs);
  tracer.ftrace.register(new FtraceOps("again", () => undefined));
  return edits;
}

/** What the edit does to one place, whatever the address; of T32 also how it lies to words. */
function shapeOf({ isa, address, from, to }: Edit): string {
  return `${isa}${isa === "t32" ? `+${address % 4}` : ""} ${from.mnemonic}${from.size} to ${to.mnemonic}${to.size}`;
}

const KINDS = ["a32", "t32"] as const;

describe.each(KINDS)("while others execute it: %s", (isa) => {
  const shapes = new Map(liveEdits(isa).map((edit) => [shapeOf(edit), edit] as const));

  test("every kind of place changes in every way", () => {
    expect([...shapes.keys()].toSorted()).toEqual(
      isa === "a32"
        ? ["a32 b4 to nop4", "a32 bl4 to bl4", "a32 nop4 to b4"]
        : [
            "t32+0 b2 to bl4",
            "t32+0 b2 to nop2",
            "t32+0 bl4 to b2",
            "t32+0 bl4 to bl4",
            "t32+0 nop2 to b2",
            "t32+2 b2 to bl4",
            "t32+2 b2 to nop2",
            "t32+2 bl4 to b2",
            "t32+2 bl4 to bl4",
            "t32+2 nop2 to b2",
          ].filter((shape) => shapes.has(shape)),
    );
    expect(shapes.size).toBeGreaterThanOrEqual(isa === "a32" ? 3 : 8);
  });

  test.each([...shapes])("%s: an old or a new call, never a torn one", (_, edit) => {
    const protocol = liveProtocol(edit);
    expect(protocol).not.toBe("stop-machine");
    const proof = prove(edit, protocol, { executors: 1, calls: 2 });
    expect([format(edit.from), format(edit.to), proof.verdict, proof.counterexample]).toEqual([
      format(edit.from),
      format(edit.to),
      "holds",
      null,
    ]);
  });

  test("with two cores that run through the site", () => {
    const edit = [...shapes.values()].find(({ from, to }) => from.mnemonic !== to.mnemonic)!;
    expect(prove(edit, liveProtocol(edit), { executors: 2, calls: 1 }).verdict).toBe("holds");
  });
});

describe("Linux' own pair without a stop", () => {
  const pairs = [
    editOf({ isa: "a32", address: 0x8000, from: "add sp, sp, #4", to: "bl 0x9000" }),
    editOf({ isa: "a32", address: 0x8000, from: "bl 0x9000", to: "add sp, sp, #4" }),
    editOf({ isa: "t32", address: 0x8000, from: "add.w sp, sp, #4", to: "bl 0x9000" }),
    editOf({ isa: "t32", address: 0x8002, from: "bl 0x9000", to: "add.w sp, sp, #4" }),
  ];

  test.each(pairs)("$isa at $address: a core is shown that executes neither", (edit) => {
    expect(check(edit).verdict).not.toBe("concurrent");
    for (const protocol of ["store+maintenance", "sync-cores"] as const) {
      const proof = prove(edit, protocol, { executors: 1, calls: 2 });
      expect([protocol, proof.verdict, proof.property]).toEqual([protocol, "violated", "old-or-new"]);
      expect(proof.counterexample!.length).toBeGreaterThan(2);
    }
    expect(prove(edit, "stop-machine", { executors: 1, calls: 1 }).verdict).toBe("holds");
  });

  test("in Thumb the call that is executed is torn: one halfword old, one new", () => {
    const proof = prove(pairs[2]!, "store+maintenance");
    const executed = proof.counterexample!.map(({ event, detail }) => `${event} ${detail}`).join("\n");
    expect(executed).toMatch(/fetch/);
    expect(executed).toMatchInlineSnapshot(`
      "store store 0xfffef000 to 0x8000 becomes message @1
      fetch fetch 0xf10d from 0x8000 as of initial memory
      fetch fetch 0xfffe from 0x8002 as of @1
      execute execute 0x8000: bl 0x116000
      violation this is neither the old instruction nor the new one"
    `);
  });

  test("in ARM the change is not one that a core may fetch meanwhile", () => {
    const proof = prove(pairs[0]!, "store+maintenance");
    expect(proof.counterexample!.map(({ event, detail }) => `${event} ${detail}`).join("\n")).toMatchInlineSnapshot(`
      "store store 0xeb0003fe to 0x8000 becomes message @1
      fetch fetch 0xeb0003fe from 0x8000 as of @1
      execute execute 0x8000: bl 0x9000
      violation the fetch could give 0xe28dd004 or 0xeb0003fe, and no list has that change: this is UNPREDICTABLE"
    `);
  });
});
