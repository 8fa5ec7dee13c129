// A program that writes code and flushes it as C programs do (__clear_cache), under Linux's system call, with and without caches.
import { LinuxUser } from "@cmodx/machine/linux-user";
import { Machine, type MachineOptions, profiles } from "@cmodx/machine/run";
import { expect, test } from "vitest";
import { assembled } from "./assembled.js";

const [entry, code] = [0x10000, 0x20000];

/** Writes `add r5, r5, #i; bx lr` and calls it, for i from 1 to 40; the exit code is their sum's low byte. */
const lines = [
  "movw r8, #0x0000",
  "movt r8, #2",
  "mov r4, #1",
  "movw r9, #0x5000",
  "movt r9, #0xe285",
  "movw r10, #0xff1e",
  "movt r10, #0xe12f",
  // The loop, at 0x1001c.
  "orr r1, r9, r4",
  "str r1, [r8]",
  "str r10, [r8, #4]",
  "mov r0, r8",
  "add r1, r8, #8",
  "mov r2, #0",
  "movw r7, #2",
  "movt r7, #0xf",
  "svc #0",
  "mov r11, r0",
  "blx r8",
  "add r4, r4, #1",
  "cmp r4, #41",
  "bne 0x1001c",
  "mov r0, r5",
  "mov r7, #1",
  "svc #0",
];

test.each<[string, MachineOptions]>([
  ["compiled", {}],
  ["by the pseudocode", { execution: "reference" }],
  ["compiled, with caches", { caches: profiles["cortex-a9-like"]! }],
  ["interpreted, with caches", { execution: "interpreted", caches: profiles["cortex-a9-like"]! }],
])("%s: each version of the code is executed once it is flushed", (_, options) => {
  const machine = new Machine({ memoryBytes: 2 ** 24, ...options });
  const permissions = { read: true, write: true, execute: true };
  const linux = LinuxUser.start(machine, {
    entry,
    segments: [
      { address: entry, bytes: assembled("a32", lines, entry), memoryBytes: 0x1000, permissions },
      { address: code, bytes: new Uint8Array(0), memoryBytes: 0x1000, permissions },
    ],
  });
  if (linux === "no room") throw new Error(linux);
  expect(machine.run({ instructions: 10_000 }).reason).toContain("exit");
  expect([linux.exitCode, machine.cores[0]!.cells[11]]).toEqual([820 & 255, 0]);
});

test("a range that ends before it starts is refused", () => {
  const refused = [
    "movw r0, #2",
    "mov r1, #1",
    "mov r2, #0",
    "movw r7, #2",
    "movt r7, #0xf",
    "svc #0",
    "mov r7, #1",
    "svc #0",
  ];
  const machine = new Machine({ memoryBytes: 2 ** 24, caches: profiles["cortex-a9-like"]! });
  const segment = { address: entry, bytes: assembled("a32", refused, entry), memoryBytes: 0x1000 };
  const linux = LinuxUser.start(machine, {
    entry,
    segments: [{ ...segment, permissions: { read: true, execute: true } }],
  });
  if (linux === "no room") throw new Error(linux);
  machine.run({ instructions: 100 });
  expect(linux.exitCode).toBe(-22 & 255);
});
