import { assemble } from "@cmodx/codec";
import { KprobeEvents, Kprobes, listedText, ProbeFiles, ReturnProbes } from "@cmodx/kprobes";
import { bytesMemory } from "@cmodx/patching";
import { expect, test } from "vitest";

function files() {
  const made = assemble("push {r4, lr}\nmov r4, r0\nadd r0, r0, #1\npop {r4, pc}", { isa: "a32", address: 0x8000 });
  if (!made.ok) throw new Error("the test's own code");
  const memory = bytesMemory(0x8000, made.code);
  const text = listedText({ isa: "a32", memory, functions: [{ name: "f", start: 0x8000, size: 16 }] });
  const kprobes = new Kprobes(text, {});
  const events = new KprobeEvents(kprobes, new ReturnProbes(kprobes, 0x9000, 1), {
    read: memory.read,
    comm: () => "p",
  });
  return { events, files: new ProbeFiles(events, () => 1.5) };
}

test("lines define events, with a directory each", () => {
  const { files: made } = files();
  const { kprobe_events: definitions } = made.files;
  expect(definitions.write("p:mine f+4 n=%r0:u32 s=+0(%r1):string a=+0(%r2):x16[2]\n", false)).toBe("ok");
  expect(definitions.write("r:out f $retval:s32\n", true)).toBe("ok");
  expect(definitions.read()).toBe(
    "p:kprobes/mine f+4 n=%r0:u32 s=+0(%r1):string a=+0(%r2):x16[2]\nr:kprobes/out f arg1=$retval:s32\n",
  );
  expect(made.files.dynamic_events.read()).toBe(definitions.read());
  expect(made.events.map(({ system, name }) => `${system}:${name}`)).toEqual(["kprobes:mine", "kprobes:out"]);
  const [mine, out] = made.events;
  expect(mine!.format()).toBe(`name: mine
ID: ${mine!.id}
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:unsigned long __probe_ip;	offset:8;	size:4;	signed:0;
	field:u32 n;	offset:12;	size:4;	signed:0;
	field:__data_loc char[] s;	offset:16;	size:4;	signed:0;
	field:u16 a[2];	offset:20;	size:4;	signed:0;

print fmt: "(%lx) n=%u s=\\"%s\\" a={0x%x,0x%x}", REC->__probe_ip, REC->n, __get_str(s), REC->a[0], REC->a[1]
`);
  expect(out!.format()).toContain(
    'print fmt: "(%lx <- %lx) arg1=%d", REC->__probe_func, REC->__probe_ret_ip, REC->arg1\n',
  );
  expect(out!.id).not.toBe(mine!.id);
});

test("what is written replaces what is there, unless an event is on", () => {
  const { files: made, events } = files();
  const { kprobe_events: definitions } = made.files;
  definitions.write("p:one f", false);
  definitions.write("p:two f+4", false);
  expect(definitions.read()).toBe("p:kprobes/two f+4\n");
  events.enable("kprobes", "two", true);
  expect(definitions.write("", false)).toBe("-EBUSY");
  events.enable("kprobes", "two", false);
  expect([definitions.write("", false), definitions.read()]).toEqual(["ok", ""]);
});

test("what is refused is in the error log with a caret, eight at most", () => {
  const { files: made } = files();
  const { kprobe_events: definitions, error_log: log } = made.files;
  expect(definitions.write("p:one f %nothing", true)).toBe("-EINVAL");
  expect(log.read()).toBe(
    "[    1.500000] trace_kprobe: error: Invalid register name\n  Command: p:one f %nothing\n                   ^\n",
  );
  for (let i = 0; i < 10; i++) definitions.write(`p:one f %nothing${i}`, true);
  expect(log.read().match(/Command/g)).toHaveLength(8);
  log.write("", false);
  expect(log.read()).toBe("");
});
