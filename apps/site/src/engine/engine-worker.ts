import { ask } from "./ask.js";
import type { ToEngine, ToPage } from "./wire.js";

// The engine in a worker of its own: whoever asked stays responsive, and ends it when the answer is no longer wanted.

const scope = self as unknown as {
  postMessage(message: ToPage): void;
  onmessage: ((event: MessageEvent<ToEngine>) => void) | null;
};

const BETWEEN_REPORTS = 100;

scope.onmessage = ({ data: { id, state, show } }) => {
  let reported = performance.now();
  try {
    const answer = ask(state, show, ({ states, steps, seconds }) => {
      if (performance.now() - reported < BETWEEN_REPORTS) return;
      reported = performance.now();
      scope.postMessage({ id, kind: "progress", states, steps, seconds });
    });
    scope.postMessage({ id, kind: "answer", answer });
  } catch (error) {
    scope.postMessage({ id, kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
};
scope.postMessage({ id: 0, kind: "ready" });
