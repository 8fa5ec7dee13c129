import { parentPort } from "node:worker_threads";
import { type AuditTask, answerTask } from "./audit/answer.js";

// One of several that audit files for `cmodx audit --jobs`: a task comes in, its answer goes out.
parentPort?.on("message", (task: AuditTask) => {
  parentPort?.postMessage(answerTask(task));
});
