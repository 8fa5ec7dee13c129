import { Worker } from "node:worker_threads";
import { litmusPart, parseLitmus, runLitmus, runLitmusInParts } from "../../litmus/src/index.js";
import type { AskedMachine, MachineAnswer, MachineAsk } from "../../machine/src/index.js";
import { timed } from "./timed.js";

/** Two cores that each make so many stores, in no order, and read behind a barrier what the other has stored. */
function crossed(stores: number, reads: number): string {
  const core = (own: string, other: string): string[] => [
    ...Array.from({ length: stores }, (_, i) => `STR R0,[%${own}${i}]`),
    "DMB",
    ...Array.from({ length: reads }, (_, i) => `LDR R${i + 1},[%${other}${i}]`),
  ];
  const [one, two] = [core("a", "b"), core("b", "a")];
  const places = Array.from({ length: stores }, (_, i) => `%a${i}=a${i}; %b${i}=b${i};`).join(" ");
  const rows = one.map((line, i) => `${line}|${two[i]};\n`).join("");
  return `ARM crossed\n{ ${places} 0:R0=1; 1:R0=1; }\nP0|P1;\n${rows}exists (0:R1=0 /\\ 1:R1=0)\n`;
}

/**
 * One test, its search in one piece and in parts: what it takes of the processor, part by part, which other load does not change much, and
 * on the wall with workers, which it does.
 */
export async function divided(worker: string): Promise<void> {
  const text = crossed(5, 3);
  const parsed = parseLitmus(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const { test } = parsed;
  const options = { limits: { seconds: 600 } };
  const alone = timed(() => runLitmus(test, options));
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  console.log(
    `one test, in one piece: ${alone.result.verdict}, ${seconds(alone.ms)}, ${seconds(alone.cpu)} of processor time`,
  );
  const own = [0, 0];
  const asked = own.map((_, i): AskedMachine => {
    const part = litmusPart(test, options);
    return {
      ask: async (said: MachineAsk) => {
        const { result, cpu } = timed(() => part.answer(structuredClone(said)));
        own[i]! += cpu;
        return structuredClone(result);
      },
    };
  });
  const before = process.cpuUsage();
  const { verdict } = await runLitmusInParts(test, options, () => asked);
  const { user, system } = process.cpuUsage(before);
  const rest = (user + system) / 1000 - own[0]! - own[1]!;
  if (verdict !== alone.result.verdict) throw new Error("the parts find something else");
  console.log(
    `one test, in two parts: ${own.map(seconds).join(" and ")} of processor time, and ${seconds(rest)} besides: ` +
      `${(alone.cpu / (Math.max(...own) + rest)).toFixed(2)}x one piece on two idle cores`,
  );
  const walls: number[] = [];
  for (const count of [1, 2]) {
    const start = performance.now();
    const workers = Array.from({ length: count }, () => new Worker(new URL(worker)));
    for (const one of workers) one.postMessage(text);
    const result = await runLitmusInParts(test, options, () =>
      workers.map((one) => ({ ask: (said) => ask(one, said) })),
    );
    walls.push(performance.now() - start);
    await Promise.all(workers.map((one) => one.terminate()));
    console.log(`one test, ${count} workers: ${result.verdict}, ${seconds(walls.at(-1)!)} on the wall`);
  }
  console.log(`one test, on the wall: two parts at ${(walls[0]! / walls[1]!).toFixed(2)}x the speed of one`);
}

function ask(worker: Worker, said: MachineAsk): Promise<MachineAnswer> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (answer: MachineAnswer) => {
      worker.off("error", reject);
      resolve(answer);
    });
    worker.postMessage(said);
  });
}
