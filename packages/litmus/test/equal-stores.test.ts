import { runLitmus } from "@cmodx/litmus";
import { expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";
import { read } from "./own-tests.js";

// Two cores that store the same, and a third that waits and then reads what it reads by dependencies: which of two equal stores is read
// can be told then, and an order of messages that is left out must not take one away.

const places = ["R1", "R2", "R3"];

function randomEqual(seed: number): string {
  const pick = randomBelow(seed);
  const place = (): string => places[pick(3)]!;
  const first = places
    .toSorted(() => pick(3) - 1)
    .flatMap((at) => [`STR R10,[${at}]`, ...(pick(4) > 0 ? ["DMB"] : [])]);
  const second = [`STR R${10 + Number(pick(5) === 0)},[${place()}]`];
  if (pick(3) === 0) second.push("DMB", `STR R10,[${place()}]`);
  const third = pick(4) > 0 ? ["w: LDR R4,[R3]", "CMP R4,#1", "BNE w"] : [];
  third.push(`LDR R5,[${place()}]`);
  third.push(...(pick(4) > 0 ? ["EOR R9,R5,R5", `LDR R6,[${place()},R9]`] : ["DMB", `LDR R6,[${place()}]`]));
  const cores = [first, second, third];
  const rows = Array.from({ length: Math.max(...cores.map(({ length }) => length)) }, (_, row) =>
    cores.map((code) => code[row] ?? "").join("|"),
  );
  const initial = cores.map((_, core) => `${core}:R1=x; ${core}:R2=f; ${core}:R3=z; ${core}:R10=1; ${core}:R11=2;`);
  const code = ["P0|P1|P2", ...rows].map((row) => `${row};\n`).join("");
  return `ARM equal\n{ ${initial.join(" ")} }\n${code}locations [x; f; z;]\nexists (2:R5=1 /\\ 2:R6=0)\n`;
}

test("every final state that equal stores allow is found, whichever orders are left out", () => {
  let [states, fewer] = [0, 0];
  for (let seed = 1; seed <= Number(globalThis.process?.env["CMODX_SEEDS"] ?? 300); seed++) {
    const text = randomEqual(seed);
    const off = runLitmus(read(text), { reductions: { order: false, dominance: false } });
    const on = runLitmus(read(text));
    const told = ({ verdict, outcomes }: typeof on) => [verdict, ...outcomes.map(({ state }) => state)];
    expect([on.complete, off.complete]).toEqual([true, true]);
    expect(told(on), `seed ${seed}:\n${text}`).toEqual(told(off));
    states += on.states;
    if (on.states < 4) fewer++;
  }
  expect(states).toBeGreaterThan(900);
  expect(fewer).toBeGreaterThan(20);
}, 60_000);
