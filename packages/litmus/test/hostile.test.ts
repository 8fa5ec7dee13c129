import { parseLitmus, runLitmus } from "@cmodx/litmus";
import { expect, test } from "vitest";
import { randomBelow as random } from "../../../test/random.js";
import { ownTests } from "./own-tests.js";

const scraps = [
  "",
  "|",
  ";",
  "{",
  "}",
  "(",
  ")",
  "=",
  "P9",
  "0:",
  "%x",
  "R15",
  "#4294967295",
  "-1",
  'instr:"',
  "~",
  "\\/",
  "SP",
  "B m",
  "P0.F",
  "\n",
  "\0",
  "é",
];

test("no damage to a test makes it throw or run without end: it is refused, unknown, or decided", () => {
  const seen = { refused: 0, unknown: 0, decided: 0 };
  for (let seed = 1; seed <= 1500; seed++) {
    const pick = random(seed);
    let { text } = ownTests[pick(ownTests.length)]!;
    for (let i = 0; i <= pick(3); i++) {
      const at = pick(text.length);
      text = text.slice(0, at) + scraps[pick(scraps.length)] + text.slice(at + pick(6));
    }
    const parsed = parseLitmus(text);
    if (!parsed.ok) {
      const [issue] = parsed.issues;
      expect(issue!.line).toBeGreaterThan(0);
      expect(issue!.column).toBeGreaterThan(0);
      seen.refused++;
      continue;
    }
    try {
      const { verdict } = runLitmus(parsed.test, { limits: { steps: 3000, memories: 300, seconds: 1 } });
      if (verdict === "unknown") seen.unknown++;
      else seen.decided++;
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}\n${text}`, { cause: error });
    }
  }
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50);
});
