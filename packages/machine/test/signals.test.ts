import { LinuxUser } from "@cmodx/machine/linux-user";
import { Machine } from "@cmodx/machine/run";
import { expect, test } from "vitest";
import { assembled } from "./assembled.js";

const [start, action, before] = [0x10000, 0x20000, 0x30000];

/** Runs a program of these lines, with a `struct sigaction` at `action` whose handler is the one given. */
function run(lines: readonly string[], handler = 0) {
  const machine = new Machine();
  const code = assembled("a32", lines, start);
  const words = new Uint8Array(Uint32Array.of(handler, 0x04000000, 0x40000, 0, 0).buffer);
  const linux = LinuxUser.start(machine, {
    entry: start,
    segments: [
      { address: start, bytes: code, memoryBytes: code.length, permissions: { read: true, execute: true } },
      { address: action, bytes: words, memoryBytes: 0x11000, permissions: { read: true, write: true } },
    ],
  });
  if (linux === "no room") throw new Error(linux);
  return { report: machine.run({ instructions: 1000 }), linux };
}

const call = (number: number, ...args: readonly number[]): string[] => [
  ...args.map((value, i) => `mov r${i}, #${value}`),
  `mov r7, #${number}`,
  "svc #0",
];
/** rt_sigaction of SIGUSR1: the one at `action`, the one before to `before`. */
const handle = call(174, 10, action, before, 8);
const [kill, tkill, tgkill] = [
  (signal: number) => call(37, 1, signal),
  (signal: number) => call(238, 1, signal),
  (signal: number) => call(268, 1, 1, signal),
];
/** exit with what the last call gave. */
const exit = ["mov r7, #1", "svc #0"];

test.each([
  ["kill", kill],
  ["tkill", tkill],
  ["tgkill", tgkill],
])("%s ends a program that handles nothing, and says with which signal", (_, send) => {
  const { report, linux } = run([...send(6), ...exit]);
  expect(report).toMatchObject({ end: "exception" });
  expect(report.reason).toContain("the program sent itself SIGABRT, signal 6");
  expect(linux.exitCode).toBeUndefined();
});

test("signals that nobody handles and that do nothing, and no signal, leave the program as it is", () => {
  for (const signal of [0, 17, 18, 23, 28]) expect(run([...tgkill(signal), ...exit]).linux.exitCode).toBe(0);
});

test("a signal that is ignored does nothing, one that has a handler is not passed over", () => {
  expect(run([...handle, ...tgkill(10), ...exit], 1).linux.exitCode).toBe(0);
  const { report } = run([...handle, ...tgkill(10), ...exit], 0x11111);
  expect(report).toMatchObject({ end: "unimplemented" });
  expect(report.reason).toContain("SIGUSR1, signal 10 has a handler at 0x11111: handlers are not run");
});

test("the action before is told", () => {
  const old = ["ldr r0, [r2]", ...exit];
  expect(run([...handle, ...old], 77).linux.exitCode).toBe(0);
  expect(run([...handle, ...handle, ...old], 77).linux.exitCode).toBe(77);
});

test("there is no signal 65", () => {
  expect(run([...kill(65), ...exit]).linux.exitCode).toBe(-22 & 255);
  expect(run([...call(174, 65, action, 0, 8), ...exit]).linux.exitCode).toBe(-22 & 255);
});
