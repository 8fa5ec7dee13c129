import type { ExploreOptions } from "@cmodx/machine";
import type { Answer } from "./answer.js";
import { askLitmus } from "./ask-litmus.js";
import { askProgram } from "./ask-program.js";
import { askSite } from "./ask-site.js";
import type { PlayState } from "./state.js";

/**
 * Answers what the playground asks. The same in the worker, in the tests and where pages are made.
 *
 * @param show - of a program, the outcome whose execution is wanted
 */
export function ask(state: PlayState, show?: string, onProgress?: ExploreOptions["onProgress"]): Answer {
  switch (state.mode) {
    case "site":
      return askSite(state, onProgress);
    case "litmus":
      return askLitmus(state.text, onProgress);
    case "program":
      return askProgram(state, show, onProgress);
  }
}
