import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Answer } from "../engine/answer.js";
import { commandOf } from "../engine/command.js";
import { type PlayState, writeState } from "../engine/state.js";

/** Where the playground's own page is, from wherever this script is. */
export const playgroundPage = (state: PlayState): string =>
  `${new URL(/* @vite-ignore */ "../playground/", import.meta.url).href}#${writeState(state)}`;

/** Copies the question: as a link, as a command, as a litmus test. */
export function Share({ state, answer }: { state: PlayState; answer: Answer | null }): JSX.Element {
  const [said, setSaid] = useState("");
  const command = commandOf(state);
  const litmus = litmusText(state, answer);
  const copy = async (what: string, text: string): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid(`${what} copied`);
    } catch {
      setSaid(`the browser does not let this page copy: ${text}`);
    }
  };
  return (
    <div class="share">
      <button type="button" onClick={() => void copy("link", playgroundPage(state))}>
        Copy link
      </button>
      <button
        type="button"
        disabled={command === null}
        title={command ?? "the command has no way to ask this"}
        onClick={() => void copy("command", command ?? "")}
      >
        Copy as command
      </button>
      <button
        type="button"
        disabled={litmus === null}
        title={litmus === null ? "this question is no litmus test" : undefined}
        onClick={() => void copy("litmus test", litmus ?? "")}
      >
        Copy as litmus
      </button>
      <span class="said" role="status">
        {said}
      </span>
    </div>
  );
}

function litmusText(state: PlayState, answer: Answer | null): string | null {
  if (state.mode === "litmus") return state.text;
  if (answer?.kind !== "site") return null;
  const [first] = answer.proofs;
  return first !== undefined && "litmus" in first ? first.litmus : null;
}
