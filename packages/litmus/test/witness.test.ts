import { runLitmus, witnessDot, witnessGraph, witnessSvg } from "@cmodx/litmus";
import { expect, test } from "vitest";
import { ownTests, read } from "./own-tests.js";

const witnesses = ownTests
  .filter(({ expected }) => expected === "Allowed")
  .flatMap(({ name, text }) => {
    const { witness } = runLitmus(read(text), { witness: true });
    return witness === undefined ? [] : [{ name, witness }];
  });

test("each test that is allowed has a witness, and each drawing of it is whole", () => {
  expect(witnesses.length).toBe(ownTests.filter(({ expected }) => expected === "Allowed").length);
  for (const { name, witness } of witnesses) {
    const svg = witnessSvg(name, witness);
    const { boxes, arrows } = witnessGraph(witness);
    expect(svg.match(/<rect x=/g)!.length, name).toBe(boxes.length);
    expect(svg.match(/marker-end/g)?.length ?? 0, name).toBe(arrows.length);
    // Elements close, and no text of a test gets out of its element.
    const open: string[] = [];
    for (const [, close, element, empty] of svg.matchAll(/<(\/?)(\w+)(?:\s[^<>]*?)?(\/?)>/g)) {
      if (close === "/") expect(open.pop(), name).toBe(element);
      else if (empty !== "/") open.push(element!);
    }
    expect(open, name).toEqual([]);
    const dot = witnessDot(name, witness);
    expect(dot.match(/\{/g)!.length, name).toBe(dot.match(/\}/g)!.length);
    expect(dot.match(/^ {4}n\d+ \[label=/gm)!.length, name).toBe(boxes.length);
    // Everything that happened is drawn, but for the registers.
    const drawn = boxes.reduce((sum, { lines }) => sum + lines.length, 0);
    expect(drawn, name).toBe(witness.filter(({ event }) => event !== "set").length);
  }
});

test("arrows lead from stores to the reads and fetches that take them", () => {
  const one = witnesses.find(({ name }) => name === "WRC.F.RF+ctrl-isb")!;
  const { boxes, arrows } = witnessGraph(one.witness);
  expect(arrows.map(({ label }) => label)).toEqual(["fetch", "read"]);
  for (const { from, to } of arrows) expect(boxes[from]!.kind === "store" && from < to).toBe(true);
  expect(witnessSvg('<&"', one.witness)).toContain("&#60;&#38;&#34;");
});
