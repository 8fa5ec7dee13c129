import { readFileSync } from "node:fs";
import { decodeA32, decodeT32, encodings, format } from "@cmodx/codec";
import { describe, expect, it } from "vitest";
import { classOf, llvmClasses } from "../oracle/llvm-classes.js";

const file = new URL("../../../vectors/llvm-space.txt", import.meta.url);
const lines = [
  ...readFileSync(file, "utf8").matchAll(/^(([at]32) ([^\n]*?): (\S+|no row)): (\d+), e\.g\. ([0-9a-f]+) ?(.*)$/gm),
].map(([, key, isa, kind, row, count, word, text]) => ({
  key: key!,
  kind: kind!,
  row: row!,
  count: Number(count),
  text: text!,
  insn:
    isa === "a32"
      ? decodeA32(Number(`0x${word}`))
      : decodeT32(Number(`0x${word}`) >>> 16, Number(`0x${word}`) & 0xffff),
}));

describe("the words of the whole space that differ from LLVM's", () => {
  it("belong to a class that is explained, and each class has some", () => {
    expect(lines.filter(({ key }) => classOf(key) === undefined).map(({ key }) => key)).toEqual([]);
    expect(new Set(lines.map(({ key }) => classOf(key))).size).toBe(Object.keys(llvmClasses).length);
    expect(lines.every(({ count }) => count > 0)).toBe(true);
  });

  it("are of the rows and the statuses that they are counted under", () => {
    const wrong = lines.filter(({ kind, row, text, insn }) => {
      const reasons = insn.reasons.map((reason) => reason.kind);
      const [what, other] = kind.split(", ");
      const right =
        what === "LLVM does not decode it" || what === "other text"
          ? insn.status === "ok"
          : what === "should-be bits"
            ? insn.status === "unpredictable" && reasons.every((reason) => reason === "should-be")
            : insn.status === what;
      const same = format(insn, "llvm") === text;
      const differs = other !== undefined || what === "other text" || text === "";
      return !right || same === differs || (insn.encoding?.id ?? "no row") !== row;
    });
    expect(wrong).toEqual([]);
    expect(encodings.length).toBeGreaterThan(lines.length);
  });
});
