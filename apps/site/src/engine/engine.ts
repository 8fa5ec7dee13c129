import type { Answer } from "./answer.js";
import type { PlayState } from "./state.js";
import type { ToPage } from "./wire.js";

export interface EngineProgress {
  readonly states: number;
  readonly steps: number;
  readonly seconds: number;
}

let spare: Worker | undefined;

const start = (): Worker => new Worker(new URL("./engine-worker.js", import.meta.url), { type: "module" });

/** Starts a worker for the first engine that is made, while the rest of its page is still on its way. */
export function warmEngine(): void {
  spare ??= start();
}

/** The engine as a page sees it: one question at a time; the next one, or `cancel`, ends the one before at once. */
export class Engine {
  #worker: Worker | undefined;
  #busy = false;
  #next = 1;

  /** Has a worker ready before it is needed. */
  warm(): void {
    this.#worker ??= spare ?? start();
    spare = undefined;
  }

  /** Resolves to null where the question was withdrawn. */
  ask(
    state: PlayState,
    show: string | undefined,
    onProgress: (progress: EngineProgress) => void,
  ): Promise<Answer | null> {
    this.cancel();
    this.warm();
    const worker = this.#worker!;
    const id = this.#next++;
    this.#busy = true;
    return new Promise((resolve) => {
      const settle = (answer: Answer | null): void => {
        if (this.#worker === worker) this.#busy = false;
        this.#withdraw = undefined;
        resolve(answer);
      };
      this.#withdraw = () => settle(null);
      worker.onmessage = ({ data }: MessageEvent<ToPage>) => {
        if (data.id !== id) return;
        if (data.kind === "progress") onProgress(data);
        if (data.kind === "answer") settle(data.answer);
        if (data.kind === "failed") settle({ kind: "refusal", message: `the engine failed: ${data.message}` });
      };
      worker.onerror = (event) => settle({ kind: "refusal", message: `the engine failed: ${event.message}` });
      worker.postMessage({ id, state, show });
    });
  }

  #withdraw: (() => void) | undefined;

  /** A running worker is ended, not asked to stop: it takes no time, whatever it is doing. */
  cancel(): void {
    if (!this.#busy) return;
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#busy = false;
    this.#withdraw?.();
    this.warm();
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}
