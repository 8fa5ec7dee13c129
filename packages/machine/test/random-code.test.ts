import { Machine } from "@cmodx/machine/run";
import { expect, test } from "vitest";

/** A xorshift generator: the same words for the same seed. */
function words(seed: number, count: number): Uint32Array {
  let x = seed | 1;
  return Uint32Array.from({ length: count }, () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  });
}

test.each(["compiled", "interpreted", "reference"] as const)(
  "random bytes as code, %s: every run ends with a report, and none with an error of the host",
  (execution) => {
    const ends = new Map<string, number>();
    for (let seed = 1; seed <= 60; seed++) {
      const machine = new Machine({ memoryBytes: 2 ** 20, execution, exceptions: seed % 3 === 0 ? "vectors" : "stop" });
      machine.memory.map(0, 0x2000, { read: true, write: true, execute: true });
      machine.memory.write(0, new Uint8Array(words(seed * 7919, 0x800).buffer));
      const { cells } = machine.cores[0]!;
      words(seed, 15).forEach((word, i) => {
        cells[i] = word & 0x1ffc;
      });
      cells[23] = seed & 1;
      const report = machine.run({ instructions: 20_000, seconds: 5 });
      ends.set(report.end, (ends.get(report.end) ?? 0) + 1);
      expect(report.reason).toMatch(/^core 0 at 0x/);
    }
    expect([...ends.keys()]).toEqual(expect.arrayContaining(["exception"]));
  },
);
