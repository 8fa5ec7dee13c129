import { cell, Machine, mode } from "@cmodx/machine/run";
import { expect, test } from "vitest";
import { assembled as code } from "./assembled.js";

type Isa = "a32" | "t32";

const [start, site, elsewhere] = [0x8000, 0x8104, 0x8200];

interface Shape {
  readonly isa: Isa;
  readonly forms: readonly string[];
}

/** Calls a function with a site in it for ever: r0 counts its entries, r3 what it does behind the site, r4 what it does elsewhere. */
function calling(
  execution: "compiled" | "interpreted" | "reference",
  { isa, forms }: Shape,
  declared: boolean,
): Machine {
  const machine = new Machine({ execution, memoryBytes: 2 ** 20 });
  machine.memory.map(start, 0x1000, { read: true, write: true, execute: true });
  const wide = isa === "t32" ? ".w" : "";
  machine.memory.write(start, code(isa, [`bl 0x8100`, `b${wide} 0x8000`], start));
  const first = isa === "t32" ? ["mov r5, lr", "adds r0, r0, #1"] : ["add r0, r0, #1"];
  const [back, behind] = isa === "t32" ? ["bx r5", "adds r3, r3, #1"] : ["bx r5", "adds r3, r3, #1"];
  machine.memory.write(0x8100, code(isa, [...first, forms[0]!, behind, back], 0x8100));
  if (isa === "a32") machine.memory.write(start, code(isa, ["bl 0x80fc", "b 0x8000"], start));
  if (isa === "a32") machine.memory.write(0x80fc, code(isa, ["mov r5, lr"], 0x80fc));
  machine.memory.write(elsewhere, code(isa, ["adds r4, r4, #1", "bx r5"], elsewhere));
  machine.memory.write(elsewhere + 0x40, code(isa, ["adds r4, r4, #3", "bx lr"], elsewhere + 0x40));
  const core = machine.cores[0]!;
  core.cells[15] = start;
  core.cells[cell.thumb] = isa === "t32" ? 1 : 0;
  if (declared) {
    const said = machine.declareSite({ address: site, forms: forms.map((form) => code(isa, [form], site)) });
    expect(said).toBe(execution !== "reference");
  }
  return machine;
}

const shapes: readonly Shape[] = [
  { isa: "a32", forms: ["nop", "b 0x8200", "bl 0x8240", "movs r4, #0"] },
  { isa: "a32", forms: ["b 0x8200", "nop", "blne 0x8240", "bl 0x8240"] },
  { isa: "t32", forms: ["nop.w", "b.w 0x8200", "bl 0x8240", "mov.w r4, #0"] },
  { isa: "t32", forms: ["nop", "b 0x8200", "movs r4, #0"] },
  { isa: "a32", forms: ["bl 0x8240", "nop"] },
];

const state = (machine: Machine): unknown => {
  const { cells } = machine.cores[0]!;
  return [...cells.subarray(0, 16), cells[cell.n], cells[cell.z], cells[cell.c], cells[cell.v]];
};

test.each(
  shapes.flatMap((shape) => (["compiled", "interpreted"] as const).map((execution) => [execution, shape] as const)),
)(
  "%s, a declared site of %j does what stands there after each change, and nothing is compiled again",
  (execution, shape) => {
    const [made, plain] = [calling(execution, shape, true), calling("reference", shape, false)];
    const functions: number[] = [];
    for (let round = 0; round < 60; round++) {
      const instructions = 400 + 7 * round;
      expect(made.run({ instructions })).toEqual(plain.run({ instructions }));
      expect(state(made)).toEqual(state(plain));
      functions.push(made.compilations);
      const form = shape.forms[(round * 7 + 1) % shape.forms.length]!;
      for (const machine of [made, plain]) {
        machine.memory.write(site, code(shape.isa, [form], site));
        machine.codeChanged(site, 4);
      }
    }
    expect(functions[20]).toBeGreaterThan(0);
    expect(functions[59]).toBe(functions[40]);
  },
);

test("a site that becomes something undeclared is executed as that, and so is all other code that changes", () => {
  const shape: Shape = { isa: "a32", forms: ["nop", "b 0x8200"] };
  const [made, plain] = [calling("compiled", shape, true), calling("reference", shape, false)];
  const others: readonly (readonly [number, string])[] = [
    [site, "add r3, r3, #100"],
    [site, "nop"],
    [site + 4, "add r3, r3, #5"],
    [site, "b 0x8200"],
    [elsewhere, "add r4, r4, #9"],
    [site, "udf #0"],
  ];
  for (const [address, line] of others) {
    expect(made.run({ instructions: 3000 })).toEqual(plain.run({ instructions: 3000 }));
    expect(state(made)).toEqual(state(plain));
    for (const machine of [made, plain]) {
      machine.memory.write(address, code("a32", [line], address));
      machine.codeChanged(address, 4);
    }
  }
  expect(made.run({ instructions: 3000 })).toEqual(plain.run({ instructions: 3000 }));
  expect(made.cores[0]!.stopped).toMatchObject({ kind: "exception" });
});

test("code that changes a site itself, with the whole sequence, executes the new form at once and compiles nothing again", () => {
  const flipping = (execution: "compiled" | "interpreted" | "reference"): Machine => {
    const machine = new Machine({ execution, memoryBytes: 2 ** 20 });
    machine.memory.map(start, 0x1000, { read: true, write: true, execute: true });
    const lines = [
      "str r2, [r1]",
      "mcr p15, #0, r1, c7, c11, #1",
      "dsb sy",
      "mcr p15, #0, r1, c7, c5, #1",
      "dsb sy",
      "isb sy",
      "bl 0x8104",
      "eor r2, r2, r3",
      "b 0x8000",
    ];
    machine.memory.write(start, code("a32", lines, start));
    const forms = ["nop", "b 0x8200"].map((form) => code("a32", [form], site));
    machine.memory.write(site, code("a32", ["nop", "add r0, r0, #1", "bx lr"], site));
    machine.memory.write(elsewhere, code("a32", ["add r4, r4, #1", "bx lr"], elsewhere));
    const core = machine.cores[0]!;
    machine.setMode(core, mode.svc);
    const [nop, away] = forms.map((form) => new Int32Array(form.buffer)[0]!);
    core.cells.set([0, site, nop!, nop! ^ away!]);
    core.cells[15] = start;
    machine.declareSite({ address: site, forms });
    return machine;
  };
  const [compiled, interpreted, reference] = [flipping("compiled"), flipping("interpreted"), flipping("reference")];
  let before = 0;
  for (let round = 0; round < 40; round++) {
    const instructions = 1501;
    const expected = reference.run({ instructions });
    for (const machine of [compiled, interpreted]) {
      expect(machine.run({ instructions })).toEqual(expected);
      expect(state(machine)).toEqual(state(reference));
    }
    if (round === 20) before = compiled.compilations;
  }
  expect(compiled.compilations).toBe(before);
  expect(compiled.cores[0]!.cells[4]).toBeGreaterThan(1000);
});

test("maintenance in user mode is undefined, compiled too", () => {
  const machine = new Machine({ memoryBytes: 2 ** 20 });
  machine.memory.map(start, 0x1000, { read: true, write: true, execute: true });
  const lines = ["add r0, r0, #1", "cmp r0, #100", "mcreq p15, #0, r1, c7, c5, #1", "b 0x8000"];
  machine.memory.write(start, code("a32", lines, start));
  machine.cores[0]!.cells[15] = start;
  expect(machine.run({ instructions: 10_000 })).toMatchObject({ end: "exception", pc: start + 8 });
  expect(machine.cores[0]!.cells[0]).toBe(100);
});

test("what is no site is not declared", () => {
  const machine = new Machine({ memoryBytes: 2 ** 20 });
  const [two, four] = [new Uint8Array(2), new Uint8Array(4)];
  expect(machine.declareSite({ address: 0x100, forms: [] })).toBe(false);
  expect(machine.declareSite({ address: 0x100, forms: [two, four] })).toBe(false);
  expect(machine.declareSite({ address: 0x101, forms: [two] })).toBe(false);
  expect(machine.declareSite({ address: 0x100, forms: [four, four] })).toBe(true);
  expect(machine.declareSite({ address: 0x102, forms: [two] })).toBe(false);
  expect(machine.declareSite({ address: 0xfe, forms: [four] })).toBe(false);
  expect(machine.declareSite({ address: 0x100, forms: [four] })).toBe(true);
});
