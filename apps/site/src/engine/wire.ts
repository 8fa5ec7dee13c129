import type { Answer } from "./answer.js";
import type { PlayState } from "./state.js";

/** What goes to the engine's worker. */
export interface ToEngine {
  readonly id: number;
  readonly state: PlayState;
  readonly show?: string | undefined;
}

/** What comes back. */
export type ToPage =
  | { readonly id: number; readonly kind: "ready" }
  | {
      readonly id: number;
      readonly kind: "progress";
      readonly states: number;
      readonly steps: number;
      readonly seconds: number;
    }
  | { readonly id: number; readonly kind: "answer"; readonly answer: Answer }
  | { readonly id: number; readonly kind: "failed"; readonly message: string };
