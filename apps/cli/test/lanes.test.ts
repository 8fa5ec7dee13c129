import { expect, test } from "vitest";
import { lanes } from "../src/text/lanes.js";

const steps = [
  { core: 0, detail: "store 0x8000" },
  { core: 1, detail: "fetch 0x8000 old" },
];

test("each core has its lane, and time goes down", () => {
  expect(lanes(steps, { columns: 62, colour: false })).toBe(
    [
      "  core 0                        core 1",
      "  store 0x8000",
      "                                fetch 0x8000 old",
      "",
    ].join("\n"),
  );
});

test("a terminal too narrow for lanes gets a list that names the core", () => {
  expect(lanes(steps, { columns: 40, colour: false })).toBe("  core 0  store 0x8000\n  core 1  fetch 0x8000 old\n");
});

test("a long event wraps inside its lane", () => {
  const long = [{ core: 0, detail: "a ".repeat(20).trim() }, steps[1]!];
  for (const line of lanes(long, { columns: 62, colour: false }).split("\n"))
    expect(line.length).toBeLessThanOrEqual(62);
});
