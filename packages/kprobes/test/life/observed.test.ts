import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { errorText, KprobeEvents, Kprobes, listedText, listText, Probe, ReturnProbes } from "@cmodx/kprobes";
import { bytesMemory } from "@cmodx/patching";
import { describe, expect, test } from "vitest";
import { hex } from "../words.js";

// Probes tried at one instruction after the other, as a running kernel did it: CMODX_OBSERVED names a file of what was seen.
// Otherwise a function of ours, whose branches GNU's linker made.

interface Seen {
  readonly probe: string;
  readonly address: string;
  readonly before: string;
  readonly register_rc: number;
  readonly armed?: string;
  readonly list_armed?: string;
  readonly after_2s?: string;
  readonly removed?: string;
}

const file = process.env["CMODX_OBSERVED"] ?? fileURLToPath(new URL("../vectors/observed.json", import.meta.url));
const { kprobes: seen, kprobe_error_log: log } = JSON.parse(readFileSync(file, "utf8")) as {
  kprobes: Seen[];
  kprobe_error_log: string;
};

describe(file.endsWith("observed.json") ? "a function of ours" : "what was seen", () => {
  const [name] = seen[0]!.probe.split("+") as [string];
  const start = Number.parseInt(seen[0]!.address, 16);
  const size = 4 * seen.length;
  const memory = bytesMemory(start, Uint8Array.from(Buffer.from(seen.map(({ before }) => before).join(""), "hex")));
  const text = listedText({
    isa: "a32",
    memory,
    functions: [{ name, start, size }],
    ftraceSites: [start + (file.endsWith("observed.json") ? 8 : 12)],
  });
  const kprobes = new Kprobes(text, { detours: { base: 0x7f002000, callback: 0x80110000 } });
  // The kernel's own tests have used six detours by then.
  for (let i = 0; i < 6; i++) {
    const probe = new Probe({ symbol: name });
    kprobes.register(probe);
    kprobes.advance(500);
    kprobes.unregister(probe);
    kprobes.advance(500);
  }

  test.each(seen)("$probe", (one) => {
    const address = Number.parseInt(one.address, 16);
    const at = () => hex(memory.read(address, 4) ?? null);
    const probe = new Probe({ symbol: name, offset: Number(one.probe.split("+")[1]), disabled: true });
    const outcome = kprobes.register(probe);
    expect(outcome.ok ? 0 : 1).toBe(one.register_rc);
    expect(at()).toBe(one.before);
    if (!outcome.ok) {
      expect(outcome.errno).toBe("EINVAL");
      return;
    }
    expect(kprobes.enable(probe).ok).toBe(true);
    expect(at()).toBe(one.armed);
    expect(listText(kprobes)).toBe(`${one.list_armed}\n`);
    kprobes.advance(500);
    expect(at()).toBe(one.after_2s);
    kprobes.disable(probe);
    // The branch goes away when the optimiser comes to it.
    expect(at()).toBe(one.after_2s);
    kprobes.unregister(probe);
    kprobes.advance(500);
    expect(at()).toBe(one.removed);
    expect(listText(kprobes)).toBe("");
  });

  test("the error log", () => {
    const events = new KprobeEvents(kprobes, new ReturnProbes(kprobes, 0, 4), {
      read: () => undefined,
      comm: () => "",
    });
    for (const { probe } of seen) {
      const result = events.write(`p:kp1 ${probe}`);
      if (result.ok) expect(events.write("-:kp1")).toEqual({ ok: true });
      kprobes.advance(500);
    }
    const times = [...log.matchAll(/^\[ *([0-9.]+)\]/gm)].map(([, time]) => Number(time));
    expect(events.errors.map((error, i) => errorText(error, times[i] ?? 0)).join("")).toBe(log);
  });
});
