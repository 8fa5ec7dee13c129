import { Worker } from "node:worker_threads";
import type { AskedMachine, MachineAnswer, MachineAsk } from "@cmodx/machine";
import type { LitmusWork } from "../litmus-worker.js";

/** Workers that each do a part of one test; they are started when a test is the first to need them. */
export class PartWorkers {
  readonly #count: number;
  #workers: readonly Worker[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  /** Has every worker begin with this test, given as its text. */
  parts(divided: string, seconds: number): readonly AskedMachine[] {
    if (this.#workers.length === 0) {
      const url = new URL("./litmus-worker.js", import.meta.url);
      this.#workers = Array.from({ length: this.#count }, () => new Worker(url));
    }
    return this.#workers.map((worker) => {
      post(worker, { divided, seconds });
      return { ask: (part) => ask(worker, part) };
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function post(worker: Worker, work: LitmusWork): void {
  worker.postMessage(work);
}

/** One at a time: an answer does not say what it answers. */
function ask(worker: Worker, part: MachineAsk): Promise<MachineAnswer> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      worker.off("message", done);
      worker.off("error", failed);
    };
    const done = (answer: MachineAnswer): void => {
      settle();
      resolve(answer);
    };
    const failed = (error: Error): void => {
      settle();
      reject(error);
    };
    worker.on("message", done);
    worker.on("error", failed);
    post(worker, { part });
  });
}
