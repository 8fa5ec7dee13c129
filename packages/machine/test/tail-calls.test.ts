import { readFileSync } from "node:fs";
import { memorySource, openElf } from "@cmodx/elf";
import { LinuxUser, programOf } from "@cmodx/machine/linux-user";
import { Machine } from "@cmodx/machine/run";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => vi.restoreAllMocks());

declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
};

/** return_call_indirect of the first type and table. */
const tailCall = [0x13, 0, 0];

function run(execution: "interpreted" | "reference"): {
  readonly output: string;
  readonly made: Uint8Array[];
  readonly state: number[];
} {
  const made: Uint8Array[] = [];
  const { Module } = WebAssembly;
  vi.spyOn(WebAssembly, "Module").mockImplementation(function (this: unknown, bytes: Uint8Array) {
    made.push(bytes);
    return new Module(bytes);
  } as never);
  const file = readFileSync(new URL("../../../samples/programs/hash-thumb.elf", import.meta.url));
  const machine = new Machine({ execution, memoryBytes: 2 ** 25 });
  let output = "";
  LinuxUser.start(machine, programOf(openElf(memorySource(file))), {
    args: ["hash", "1"],
    output: (_, bytes) => {
      output += String.fromCharCode(...bytes);
    },
  });
  expect(machine.run({ instructions: 60_000 }).end).toBe("budget");
  const state = [...machine.cores[0]!.cells.subarray(0, 20)];
  expect(machine.run().end).toBe("exit");
  vi.restoreAllMocks();
  return { output, made, state };
}

const has = (bytes: Uint8Array): boolean => bytes.some((_, at) => tailCall.every((one, i) => bytes[at + i] === one));

test("where the host has no tail calls the interpreter's routines come back after each, and do the same", () => {
  const plain = run("interpreted");
  // What is looked for is there where the host has them.
  expect(plain.made.filter(has).length).toBeGreaterThan(1);
  vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
  const without = run("interpreted");
  expect(without.made.length).toBeGreaterThan(1);
  expect(without.made.filter(has)).toEqual([]);
  const reference = run("reference");
  expect([without.output, without.state]).toEqual([reference.output, reference.state]);
  expect([plain.output, plain.state]).toEqual([reference.output, reference.state]);
});
