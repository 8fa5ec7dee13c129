// Run by the bench as built JavaScript in a worker: a test comes in as text, then what to do of it.
import { parentPort } from "node:worker_threads";
import { litmusPart, parseLitmus } from "../../litmus/src/index.js";
import type { MachineAsk, MachinePart } from "../../machine/src/index.js";

let part: MachinePart | undefined;
parentPort?.on("message", (said: string | MachineAsk) => {
  if (typeof said !== "string") {
    parentPort?.postMessage(part!.answer(said));
    return;
  }
  const parsed = parseLitmus(said);
  if (!parsed.ok) throw new Error(parsed.issues[0]!.message);
  part = litmusPart(parsed.test, { limits: { seconds: 600 } });
});
