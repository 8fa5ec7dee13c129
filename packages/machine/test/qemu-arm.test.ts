import { readFileSync } from "node:fs";
import { a32, exploreSync, t32 } from "@cmodx/machine";
import { expect, test } from "vitest";

interface Kept {
  readonly isa: "a32" | "t32";
  /** Bytes in hexadecimal. */
  readonly code: string;
  /** r0 to r9 before; r0 to r10 after, under qemu-arm: r10 has N, Z, C, V in bits 3 to 0. */
  readonly registers: readonly number[];
  readonly after: readonly number[];
}

const kept = JSON.parse(readFileSync(new URL("qemu-arm.json", import.meta.url), "utf8")) as Kept[];

test("random data processing leaves the registers and flags that qemu-arm leaves", () => {
  expect(kept.length).toBeGreaterThanOrEqual(100);
  for (const { isa, code, registers, after } of kept) {
    const bytes = [...Buffer.from(code, "hex")];
    const result = exploreSync({
      memory: [{ address: 0x8000, bytes }],
      isas: [a32, t32],
      cores: [
        {
          steps: [{ op: "execute", isa, address: 0x8000, until: [0x8000 + bytes.length] }],
          registers: { ...registers },
          observe: after.map((_, i) => i),
        },
      ],
    });
    expect(result.complete).toBe(true);
    expect(
      result.cores[0]!.map((outcome) => outcome.registers.map((value) => value >>> 0)),
      code,
    ).toEqual([after]);
  }
});
