import { runLitmus } from "@cmodx/litmus";
import { expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";
import { compare } from "../axiomatic/compare.js";
import { read } from "./own-tests.js";

// A load-exclusive that reads a half of its word out of the store buffer: which stores of others may come before its store-exclusive goes by
// the bytes, one by one, for the axioms; for the engine by one position of memory.

function randomHalves(seed: number): string {
  const pick = randomBelow(seed);
  let value = 1;
  const store = (): string[] => [
    `MOV R0,#${value++}`,
    ["STRH R0,[R3]", "STRH R0,[R3,#2]", "STR R0,[R3]"][pick(5) % 3]!,
    ...(pick(4) === 0 ? ["DMB"] : []),
  ];
  const stores = (count: number): string[] => Array.from({ length: count }, store).flat();
  const exclusive = ["LDREX R6,[R3]", "ADD R5,R6,#64", ...(pick(3) === 0 ? store() : []), "STREX R7,R5,[R3]"];
  const cores = [[...stores(1 + pick(2)), ...exclusive], stores(1 + pick(3)), ...(pick(4) === 0 ? [stores(1)] : [])];
  const rows = Array.from({ length: Math.max(...cores.map(({ length }) => length)) }, (_, row) =>
    cores.map((code) => code[row] ?? "").join("|"),
  );
  const code = [cores.map((_, i) => `P${i}`).join("|"), ...rows].map((row) => `${row};\n`).join("");
  const initial = cores.map((_, i) => `${i}:R3=x;`).join(" ");
  return `ARM halves\n{ ${initial} 0:R7=9; }\n${code}locations [x; 0:R6; 0:R7;]\nexists (0:R7=0)\n`;
}

test("the axioms let as many exclusives succeed as the engine, whatever half is the core's own", () => {
  let [compared, allowed, states] = [0, 0, 0];
  for (let seed = 1; seed <= Number(globalThis.process?.env["CMODX_SEEDS"] ?? 60); seed++) {
    const text = randomHalves(seed);
    const found = compare(read(text), 3000);
    expect(found.kind === "different" ? `${found.what}\n${text}` : "", `seed ${seed}`).toBe("");
    if (found.kind !== "same") continue;
    const result = runLitmus(read(text));
    compared++;
    states += result.states;
    if (result.verdict === "Allowed") allowed++;
  }
  expect(compared).toBeGreaterThan(35);
  expect(allowed).toBeGreaterThan(30);
  expect(states).toBeGreaterThan(compared * 5);
}, 120_000);
