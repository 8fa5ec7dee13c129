import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { generated, generatedFile, generatedRows, rowsFile } from "../oracle/generate.js";

describe("the generated decode index", () => {
  it("is what the table makes, byte for byte", () => {
    expect(readFileSync(generatedFile, "utf8") === generated()).toBe(true);
    expect(readFileSync(rowsFile, "utf8") === generatedRows()).toBe(true);
  });
});
