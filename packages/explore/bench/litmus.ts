import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseLitmus, runLitmus } from "../../litmus/src/index.js";
import { timed } from "./timed.js";

/** Every test of a folder once to warm up, once to be timed. */
export function litmusFolder(folder: string): void {
  const times = readdirSync(folder)
    .filter((file) => file.endsWith(".litmus"))
    .flatMap((file) => {
      const parsed = parseLitmus(readFileSync(join(folder, file), "utf8"));
      if (!parsed.ok) throw new Error(`${file}: ${parsed.issues[0]!.message}`);
      runLitmus(parsed.test);
      return timed(() => runLitmus(parsed.test)).ms;
    })
    .sort((a, b) => a - b);
  const at = (part: number): string => times[Math.floor(part * (times.length - 1))]!.toFixed(2);
  console.log(`litmus tests of ${folder}: ${times.length}, median ${at(0.5)} ms, 90% ${at(0.9)}, longest ${at(1)}`);
}

/** One core writes, cleans, invalidates and says so; the others call the site in a loop and add up what it returns. */
export function protocol(executors: number, calls: number): void {
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
  const text = `ARM protocol\n{ ${initial.join("; ")}; }\n${lines.map((line) => `${line};`).join("\n")}\nexists (${all})\n`;
  const parsed = parseLitmus(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const { result, ms } = timed(() => runLitmus(parsed.test));
  console.log(
    `protocol, ${executors} executors x ${calls} calls: ${result.verdict}, ${result.complete ? "all seen" : "not all seen"}, ${result.states} states listed, ${ms.toFixed(0)} ms`,
  );
}
