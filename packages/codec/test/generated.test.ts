import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  decodeRowsFile,
  generated,
  generatedDecodeRows,
  generatedFile,
  generatedRows,
  generatedStems,
  rowsFile,
  stemsFile,
} from "../oracle/generate.js";

describe("the generated modules", () => {
  it("are what the table makes, byte for byte", () => {
    expect(readFileSync(generatedFile, "utf8") === generated()).toBe(true);
    expect(readFileSync(rowsFile, "utf8") === generatedRows()).toBe(true);
    expect(readFileSync(decodeRowsFile, "utf8") === generatedDecodeRows()).toBe(true);
    expect(readFileSync(stemsFile, "utf8") === generatedStems()).toBe(true);
  });
});
