import type { ExploreOptions } from "@cmodx/machine";
import type { Answer } from "./answer.js";
import { askLitmus } from "./ask-litmus.js";
import { askProgram } from "./ask-program.js";
import { askSite } from "./ask-site.js";
import type { PlayState } from "./state.js";

/** Answers what the playground asks. The same in the worker, in the tests and where pages are made. */
export function ask(state: PlayState, onProgress?: ExploreOptions["onProgress"]): Answer {
  switch (state.mode) {
    case "site":
      return askSite(state, onProgress);
    case "litmus":
      return askLitmus(state.text, onProgress);
    case "program":
      return askProgram(state, onProgress);
  }
}
