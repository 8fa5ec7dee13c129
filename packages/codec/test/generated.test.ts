import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { generated, generatedFile } from "../oracle/generate.js";

describe("the generated decode index", () => {
  it("is what the table makes, byte for byte", () => {
    expect(readFileSync(generatedFile, "utf8") === generated()).toBe(true);
  });
});
