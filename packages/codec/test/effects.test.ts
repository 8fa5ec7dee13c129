import { readFileSync } from "node:fs";
import { decodeA32, decodeT32, effects, type Insn, parse } from "@cmodx/codec";
import { describe, expect, it } from "vitest";

const text = readFileSync(new URL("../../../vectors/effects.txt", import.meta.url), "utf8");
const rows = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

function insnOf(isa: string, hex: string, it: string): Insn {
  const word = Number.parseInt(hex, 16);
  const state = Number.parseInt(it, 16);
  return isa === "a32" ? decodeA32(word) : decodeT32(hex.length === 8 ? word >>> 16 : word, word & 0xffff, 0, state);
}

describe("effects, as words were seen to have them on qemu-arm", () => {
  it("has words of nearly every encoding", () => {
    expect(rows.length).toBeGreaterThan(1250);
  });

  it("says all that was seen", () => {
    const wrong: string[] = [];
    for (const row of rows) {
      const [head, reads, writes, rest] = row.split(" | ").map((part) => part.split(" "));
      const insn = insnOf(head![0]!, head![1]!, head![2]!);
      const said = effects(insn);
      const check = (what: string, seen: string[], core: number, simd: number, flags: string): void => {
        if (Number.parseInt(seen[0]!, 16) & ~core) wrong.push(`${row}: ${what} core ${core.toString(16)}`);
        if (Number.parseInt(seen[1]!, 16) & ~simd) wrong.push(`${row}: ${what} simd ${simd.toString(16)}`);
        for (const flag of seen[2]!.replace("GE", "G").replace("-", ""))
          if (!flags.includes(flag)) wrong.push(`${row}: ${what} flags ${flags}`);
      };
      check("reads", reads!, said.reads.core, said.reads.simd, said.readsFlags);
      check("writes", writes!, said.writes.core, said.writes.simd, said.writesFlags);
      if (rest![0] === "load" && said.memory?.load !== true) wrong.push(`${row}: loads`);
      if (rest![1] !== "-" && said.memory?.store !== true) wrong.push(`${row}: stores`);
      if (rest![1] !== "-" && said.memory?.size !== Number(rest![1])) wrong.push(`${row}: stores ${said.memory?.size}`);
      if (rest![2] === "branch" && said.branch === undefined) wrong.push(`${row}: branches`);
    }
    expect(wrong).toEqual([]);
  });

  it("counts the carry that RRX shifts in, and not the one that a narrow AND leaves alone", () => {
    expect(effects(decodeA32(0xe042b06a)).readsFlags).toBe("C");
    expect(effects(decodeA32(0xe6f68061)).readsFlags).toBe("C");
    expect(effects(decodeA32(0xe042b00a)).readsFlags).toBe("");
    expect(effects(decodeT32(0x4008, 0)).writesFlags).toBe("NZ");
  });
});

it("says of an MSR the flags of the fields that it names, and none of an SPSR", () => {
  const flags = (text: string): string => {
    const made = parse(text, { isa: "a32" });
    return made.ok ? effects(made.insn).writesFlags : "no instruction";
  };
  expect(flags("msr apsr_nzcvq, r0")).toBe("NZCVQ");
  expect(flags("msr apsr_g, r0")).toBe("GE");
  expect(flags("msr cpsr_fsxc, #255")).toBe("NZCVQGE");
  expect(flags("msr cpsr_c, #211")).toBe("");
  expect(flags("msr spsr_fsxc, r0")).toBe("");
});
