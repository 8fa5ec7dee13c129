import { readFileSync } from "node:fs";
import { assemble, decodeA32, decodeT32, format, type Insn, parse } from "@cmodx/codec";
import { describe, expect, it } from "vitest";

const plain = (text: string): string => text.replace(/\s+/g, " ");

function lines(name: string): string[] {
  const text = readFileSync(new URL(`../../../vectors/${name}.txt`, import.meta.url), "utf8");
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

function fnv1a(texts: readonly string[]): string {
  let hash = 0x811c9dc5;
  for (const char of texts.join("\n")) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** UDF is UNDEFINED by its own name, and both tools take it for an instruction. */
const accepted = (insn: Insn): boolean => insn.status === "ok" || insn.mnemonic === "udf";

describe.each(["a32", "t32"] as const)("%s words that LLVM and GNU agree on", (isa) => {
  const rows = lines(isa).map((line) => line.split(" | "));
  const decodeRow = (row: string[]): Insn => {
    const [hex, at] = row[0]!.split(" ");
    const word = Number.parseInt(hex!, 16);
    const address = Number.parseInt(at!, 16);
    return isa === "a32" ? decodeA32(word, address) : decodeT32(word >>> 16, word & 0xffff, address);
  };

  it("prints what both accept as each of them does, and reads both back", () => {
    const wrong: string[] = [];
    let tried = 0;
    for (const row of rows) {
      if (!row[0]!.endsWith(" vv")) continue;
      tried++;
      const insn = decodeRow(row);
      const [, llvm, gnu] = row;
      if (!accepted(insn)) wrong.push(`${row[0]}: ${insn.status}`);
      if (plain(format(insn, "llvm")) !== llvm) wrong.push(`${row[0]}: "${format(insn, "llvm")}", LLVM "${llvm}"`);
      const ours = plain(format(insn, "gnu"));
      if (ours !== gnu && !gnuDiffers(insn, ours, gnu!)) wrong.push(`${row[0]}: "${ours}", GNU "${gnu}"`);
      for (const text of [llvm!, format(insn)]) {
        const back = parse(text, { isa, address: insn.address });
        if (!back.ok || back.insn.word !== insn.word) wrong.push(`${row[0]}: "${text}" is not read back`);
      }
    }
    expect(tried).toBeGreaterThan(1500);
    expect(wrong).toEqual([]);
  });

  it("never calls ok what both reject", () => {
    const negative = rows.filter(([first]) => first!.endsWith(" rr"));
    expect(negative.length).toBeGreaterThan(1000);
    expect(negative.filter((row) => accepted(decodeRow(row)))).toEqual([]);
  });
});

/** What objdump prints of its own accord: other coprocessors in the generic space, and texts that lose a bit. */
function gnuDiffers(insn: Insn, ours: string, gnu: string): boolean {
  const coprocessor = /^(LDC|STC|MCR|MRC|CDP|MRRC)/.test(insn.encoding?.id ?? "");
  const loose = (text: string): string =>
    text.replace(/, #-?0\]!?$|\], #-?0$|\]!?$/, "]").replace(/asr #(0|32)/, "asr");
  return (
    (coprocessor && (!/^(ldc|stc|mcr|mrc|cdp)/.test(gnu) || / 9, /.test(gnu))) ||
    loose(ours) === loose(gnu) ||
    (/_lit_/.test(insn.encoding?.id ?? "") && /^ldrs?[bh]?t/.test(gnu)) ||
    ours === gnu.toLowerCase()
  );
}

describe("lines of assembly", () => {
  const rows = lines("lines").map((line) => line.split(" | "));
  // As in LLVM a VFP constant without a point is the encoded byte, because objdump prints it so.
  it.each(rows)("%s", (line, gas, llvm) => {
    const made = assemble(line!.slice(4), { isa: line!.startsWith("a32") ? "a32" : "t32" });
    const ours = made.ok ? Buffer.from(made.code).toString("hex") : "-";
    if (gas === llvm) expect(ours).toBe(gas);
    else expect([gas, llvm]).toContain(ours);
  });
});

describe("all of T16", () => {
  it("has the states, encodings and texts of the committed table", () => {
    const wrong: string[] = [];
    let covered = 0;
    for (const line of lines("t16")) {
      const [head] = line.split(" | ");
      const [first, last, states, status, id, hash] = head!.split(" ");
      const from = Number.parseInt(first!, 16);
      const to = Number.parseInt(last!, 16);
      expect(from).toBe(covered);
      const texts: string[] = [];
      for (let word = from; word <= to; word++) {
        const insn = decodeT32(word, 0);
        if (insn.status !== status || (insn.encoding?.id ?? "-") !== id)
          wrong.push(`${word.toString(16)}: ${insn.status} ${insn.encoding?.id}`);
        if (states === "vv" && insn.status === "undefined" && insn.mnemonic !== "udf")
          wrong.push(`${word.toString(16)}: both accept`);
        if (states === "rr" && accepted(insn)) wrong.push(`${word.toString(16)}: both reject`);
        texts.push(plain(format(insn, "llvm")));
      }
      if (states === "vv" && fnv1a(texts) !== hash) wrong.push(`${first} to ${last}: texts differ from LLVM's`);
      covered = to + 1;
    }
    expect(covered).toBe(0xe800);
    expect(wrong).toEqual([]);
  });
});
