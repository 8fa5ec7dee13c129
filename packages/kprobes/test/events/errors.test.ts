import { errorText } from "@cmodx/kprobes";
import { expect, test } from "vitest";
import { start, world } from "./world.js";

// Where the error log points, marked by ^ before the character. `pnpm oracle kprobes` asks the kernel's own list as well.

test.each([
  ["p^7 work", "MAXACT_NO_KPROBE"],
  ["r^7x work", "BAD_MAXACT"],
  ["r^0:e work", "BAD_MAXACT"],
  ["r^5000 work", "MAXACT_TOO_BIG"],
  ["p ^nobody", "BAD_PROBE_ADDR", "ENOENT"],
  ["p ^work+1-1", "BAD_PROBE_ADDR"],
  ["p ^work-4", "BAD_PROBE_ADDR"],
  ["p ^twin", "NON_UNIQ_SYMBOL", "EADDRNOTAVAIL"],
  ["r ^work+4", "BAD_RETPROBE"],
  ["p ^work+4%return", "BAD_RETPROBE"],
  ["p work^%ret", "BAD_ADDR_SUFFIX"],
  ["p ^work+2", "FAIL_REG_PROBE"],
  ["p:^/e work", "NO_GROUP_NAME"],
  [`p:^${"g".repeat(64)}/e work`, "GROUP_TOO_LONG"],
  ["p:^1g/e work", "BAD_GROUP_NAME"],
  ["p:^ work", "NO_EVENT_NAME"],
  [`p:g/^${"e".repeat(64)} work`, "EVENT_TOO_LONG"],
  ["p:g/^e-1 work", "BAD_EVENT_NAME"],
  ["p:g.^e.1 work", "BAD_EVENT_NAME"],
  ["p work ^$retval", "RETVAL_ON_PROBE"],
  ["p work ^$stack2049", "BAD_STACK_NUM"],
  ["p work ^$stackx", "BAD_VAR"],
  ["p work ^$arg1", "BAD_VAR"],
  ["p work a=^%r11", "BAD_REG_NAME"],
  ["p work ^@0x1g", "BAD_MEM_ADDR"],
  ["p work ^@+4", "FILE_ON_KPROBE"],
  ["p work a=\\^y", "BAD_IMM"],
  ['p work a=\\"text^', "IMMSTR_NO_CLOSE"],
  ["p work ^+4%r0", "DEREF_NEED_BRACE"],
  ["p work ^+4x(%r0)", "BAD_DEREF_OFFS"],
  ["p work +4(-8(%r0^)", "DEREF_OPEN_BRACE"],
  ["p work -8(^$comm)", "COMM_CANT_DEREF"],
  // The u is not counted, so the log points one character before.
  ["p work +u4^(%rx)", "BAD_REG_NAME"],
  ["p work ^r0", "BAD_FETCH_ARG"],
  ["p work +0(%r0):u8[4^", "ARRAY_NO_CLOSE"],
  ["p work +0(%r0):u8[4]^]", "BAD_ARRAY_SUFFIX"],
  ["p work +0(%r0):u8[^0]", "BAD_ARRAY_NUM"],
  ["p work +0(%r0):u8[^65]", "ARRAY_TOO_BIG"],
  ["p work %r0:^u9", "BAD_TYPE"],
  ["p work %r0:^string", "BAD_STRING"],
  ["p work %r0:^x8[4]", "BAD_STRING"],
  ["p work $stack:^symstr", "BAD_SYMSTRING"],
  ["p work %r0:^b33@0/32", "BAD_BITFIELD"],
  ["p work %r0:^b0@0/32", "BAD_BITFIELD"],
  [`p work ^${"n".repeat(33)}=%r0`, "ARG_NAME_TOO_LONG"],
  ["p work ^=%r0", "NO_ARG_NAME"],
  ["p work ^1=%r0", "BAD_ARG_NAME"],
  ["p work ^common_pid=%r0", "USED_ARG_NAME"],
  ["p work a=%r0 ^a=%r1", "USED_ARG_NAME"],
  ["p work %r0 ^arg1=%r1", "USED_ARG_NAME"],
  [`p work ^@${"s".repeat(63)}`, "ARG_TOO_LONG"],
  ["p work a=^", "NO_ARG_BODY"],
  [
    `p work ${"+0(".repeat(14)}^${"+0("}%r0${")".repeat(15)}`.replace(/\^\+0\(/, "+0(").replace("+0(", "+0(^"),
    "TOO_MANY_OPS",
  ],
])("%s: %s", (marked, error, errno = "EINVAL") => {
  const { events } = world();
  const position = marked.indexOf("^");
  const result = events.write(marked.replace("^", ""));
  expect(result).toEqual({ ok: false, errno });
  expect(events.errors).toEqual([{ error, command: marked.replace("^", ""), position }]);
  expect(events.read()).toBe("");
});

test("what goes with an event that is there", () => {
  const { events } = world();
  expect(events.write("p:e work a=%r0")).toEqual({ ok: true });
  const refused = (line: string) => {
    expect(events.write(line)).toEqual({ ok: false, errno: "EEXIST" });
    const { error, position } = events.errors.at(-1)!;
    return [error, position];
  };
  expect(refused("r:e tail a=%r0")).toEqual(["DIFF_PROBE_TYPE", 0]);
  expect(refused("p:e tail b=%r0")).toEqual(["DIFF_ARG_TYPE", 9]);
  expect(refused("p:e tail a=%r0:u8")).toEqual(["DIFF_ARG_TYPE", 9]);
  // The argument that is missing would stand behind the line.
  expect(refused("p:e tail")).toEqual(["DIFF_ARG_TYPE", 9]);
  expect(refused("p:e work a=%r0")).toEqual(["SAME_PROBE", 0]);
  expect(events.write("p:e tail a=%r1")).toEqual({ ok: true });
});

test("the log has eight errors, and is printed with its command", () => {
  const { events } = world({ ftraceSites: [start + 12] });
  for (let i = 0; i < 9; i++) events.write(`p:e${i}   work+12`);
  expect(events.errors.length).toBe(8);
  expect(errorText(events.errors[0]!, 146.7147461)).toBe(
    "[  146.714746] trace_kprobe: error: Failed to register probe event\n  Command: p:e1 work+12\n                ^\n",
  );
});

test("lines that are refused without a word in the log", () => {
  const { events } = world();
  for (const line of ["x work", "p", "-", "-e", "-:", "p:e a/b:c", "p work $comm:u8", 'p work \\"a":u8'])
    expect([line, events.write(line)]).toEqual([line, { ok: false, errno: "EINVAL" }]);
  expect(events.write("-:nothing")).toEqual({ ok: false, errno: "ENOENT" });
  expect(events.errors).toEqual([]);
});
