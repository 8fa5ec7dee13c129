import { parentPort } from "node:worker_threads";
import { runFile } from "./litmus/run-file.js";

// One of several that run litmus files for `cmodx litmus --jobs`: a file name comes in, its result goes out.
parentPort?.on("message", ({ file, seconds }: { file: string; seconds: number }) => {
  parentPort?.postMessage(runFile(file, seconds));
});
