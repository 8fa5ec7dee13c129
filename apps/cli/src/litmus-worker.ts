import { parentPort } from "node:worker_threads";
import { type Asked, runFile } from "./litmus/run-file.js";

// One of several that run litmus files for `cmodx litmus --jobs`: a file name comes in, its result goes out.
parentPort?.on("message", ({ file, asked }: { file: string; asked: Asked }) => {
  parentPort?.postMessage(runFile(file, asked));
});
