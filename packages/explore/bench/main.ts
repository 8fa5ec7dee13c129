// `pnpm bench explore`: the project's litmus tests, a patch protocol against executors that loop over the site, and an
// explicit-state model. Times are this machine's, in milliseconds.
import { readdirSync, readFileSync } from "node:fs";
import { parseLitmus, runLitmus } from "../../litmus/src/index.js";
import { always, check, depthFirst, type Model } from "../src/index.js";

function timed<T>(run: () => T): { readonly result: T; readonly ms: number } {
  const start = performance.now();
  const result = run();
  return { result, ms: performance.now() - start };
}

const folder = new URL("../../../litmus/", import.meta.url);
const tests = readdirSync(folder).filter((file) => file.endsWith(".litmus"));
const times = tests
  .map((file) => {
    const parsed = parseLitmus(readFileSync(new URL(file, folder), "utf8"));
    if (!parsed.ok) throw new Error(file);
    runLitmus(parsed.test);
    return timed(() => runLitmus(parsed.test)).ms;
  })
  .sort((a, b) => a - b);
const at = (part: number): string => times[Math.floor(part * (times.length - 1))]!.toFixed(2);
console.log(`litmus: ${times.length} tests, median ${at(0.5)}, 90% ${at(0.9)}, longest ${at(1)}`);

/** One core writes, cleans, invalidates and says so; the others call the site in a loop and add up what it returns. */
function protocol(executors: number, calls: number): string {
  const patcher = ["STR R0,[R1]", "DCCMVAU R1", "DSB", "ICIMVAU R1", "DSB", "STR R2,[R3]"];
  const executor = ["loop: BLX R5", "ADD R6,R6,R4", "SUBS R7,R7,#1", "BNE loop"];
  const site = ["B end", "m: B l", "MOV R4,#1", "BX LR", "l: MOV R4,#0", "BX LR", "end:"];
  const columns = [
    patcher,
    ...Array.from({ length: executors }, (_, i) => (i === 0 ? [...executor, ...site] : executor)),
  ];
  const rows = Math.max(...columns.map(({ length }) => length));
  const initial = ["0:R0=NOP", "0:R1=P1:m", "0:R2=1", "0:R3=f"];
  for (let i = 1; i <= executors; i++) initial.push(`${i}:R5=P1:m`, `${i}:R7=${calls}`);
  const lines = [columns.map((_, i) => `P${i}`).join("|")];
  for (let row = 0; row < rows; row++) lines.push(columns.map((column) => column[row] ?? "").join("|"));
  const all = Array.from({ length: executors }, (_, i) => `${i + 1}:R6=${calls}`).join(" /\\ ");
  return `ARM protocol\n{ ${initial.join("; ")}; }\n${lines.map((line) => `${line};`).join("\n")}\nexists (${all})\n`;
}

for (const [executors, calls] of [
  [2, 2],
  [2, 8],
  [4, 4],
  [4, 8],
  [6, 4],
  [8, 8],
] as const) {
  const parsed = parseLitmus(protocol(executors, calls));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const { result, ms } = timed(() => runLitmus(parsed.test));
  console.log(
    `protocol: ${executors} executors x ${calls} calls: ${result.states} states, ${result.verdict}, ${ms.toFixed(0)}`,
  );
}

/** Counters that step one at a time: every combination is reachable. */
function counters(count: number, size: number): Model<readonly number[], number> {
  const all = Array.from({ length: count }, (_, i) => i);
  return {
    init: () => [all.map(() => 0)],
    actions: () => all,
    next: (state, i) => state.map((value, j) => (i === j ? (value + 1) % size : value)),
    encode: (state, row) => {
      for (const value of state) row.push(value);
    },
    properties: [always("in range", (state) => state.every((value) => value < size))],
  };
}
const { result, ms } = timed(() => check(counters(6, 10), { frontier: depthFirst, exhaustive: true }));
console.log(
  `explicit: ${result.states} states, ${result.transitions} transitions, ${Math.round(result.states / ms)}k states/s`,
);
