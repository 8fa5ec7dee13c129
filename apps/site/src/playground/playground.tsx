import type { ProtocolName } from "@cmodx/patching";
import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Answer, SiteAnswer } from "../engine/answer.js";
import { Engine, type EngineProgress } from "../engine/engine.js";
import { GOALS, type GoalName, isMet } from "../engine/goals.js";
import { type PlayState, readState, SITE_DEFAULT, type SiteState, writeState } from "../engine/state.js";
import { Editor } from "./editor.js";
import { LITMUS_EXAMPLES, PROGRAM_EXAMPLES, SITE_EXAMPLES } from "./examples.js";
import { Outcomes } from "./outcomes.js";
import { ProofPanel } from "./proof-panel.js";
import { playgroundPage, Share } from "./share.js";
import { Choice, SiteForm } from "./site-form.js";

/** How long nobody types before the question is asked. */
const PAUSE = 200;

const MODES = [
  ["site", "Edit a site", SITE_EXAMPLES],
  ["litmus", "Litmus test", LITMUS_EXAMPLES],
  ["program", "Small program", PROGRAM_EXAMPLES],
] as const;

export interface PlaygroundProps {
  readonly initial: PlayState;
  /** Whether the state is kept in the page's address. */
  readonly inAddress: boolean;
  readonly goal: GoalName | null;
  /** Whether the questions can be changed by form; an exercise may show only the plan. */
  readonly hasForm: boolean;
  /** A protocol that a button offers instead; the answers are brief then. */
  readonly fix: ProtocolName | null;
  /** Called when an answer is about to be shown. */
  readonly onAnswer: () => void;
}

export function Playground({ initial, inAddress, goal, hasForm, fix, onAnswer }: PlaygroundProps): JSX.Element {
  const [state, setState] = useState<PlayState>(initial);
  const [show, setShow] = useState<string>();
  const { answer, progress, cancelled, cancel, again } = useAnswer(state, show, onAnswer);
  useAddress(state, setState, inAddress);
  const solved = goal !== null && answer !== null && isMet(goal, state, answer);
  const wrong = answer?.kind === "refusal" && answer.line !== undefined ? answer : undefined;
  const issue = wrong && { line: wrong.line ?? 1, column: wrong.column ?? 1, message: wrong.message };
  return (
    <div class="playground not-content" aria-busy={progress !== null} data-state={progress === null ? "ready" : "busy"}>
      {hasForm && goal === null ? <Modes state={state} onChoose={setState} /> : null}
      {goal === null ? null : (
        <p class={`goal${solved ? " is-solved" : ""}`} role="status">
          {solved ? "Solved: " : "To do: "}
          {GOALS[goal].asks}.
        </p>
      )}
      {state.mode === "site" ? (
        hasForm ? (
          <SiteForm state={state} change={(part) => setState(withoutUndefined({ ...state, ...part }))} />
        ) : null
      ) : (
        <div class="text-mode">
          {state.mode === "program" ? (
            <Choice
              label="Instruction set"
              value={state.isa}
              options={[
                ["a32", "A32 (ARM)"],
                ["t32", "T32 (Thumb)"],
              ]}
              onChoose={(isa) => setState({ ...state, isa: isa as "a32" })}
            />
          ) : null}
          <Editor
            key={state.mode}
            text={state.text}
            label={state.mode === "litmus" ? "Litmus test" : "Program"}
            issue={issue}
            onChange={(text) => setState({ ...state, text })}
          />
        </div>
      )}
      <div class="status-bar">
        <p class="status" role="status">
          {progress !== null
            ? `Exploring: ${progress.states.toLocaleString("en")} states, ${progress.seconds.toFixed(1)} s`
            : cancelled
              ? "Cancelled: nothing is known."
              : answer === null
                ? "Loading the engine"
                : ""}
        </p>
        {progress !== null ? (
          <button type="button" class="cancel" onClick={cancel}>
            Cancel
          </button>
        ) : cancelled ? (
          <button type="button" onClick={again}>
            Ask again
          </button>
        ) : null}
        {fix !== null && state.mode === "site" ? (
          <Fix state={state} fix={fix} broken={initial} onChoose={setState} />
        ) : (
          <Share state={state} answer={answer} />
        )}
      </div>
      <div class="answer">
        {answer === null ? null : answer.kind === "refusal" ? (
          <p class="refusal" role="alert">
            {answer.line === undefined ? "" : `Line ${answer.line}: `}
            {answer.message}
          </p>
        ) : answer.kind === "outcomes" ? (
          <Outcomes answer={answer} onShow={state.mode === "program" ? setShow : undefined} />
        ) : state.mode === "site" ? (
          <SiteResult answer={answer} state={state} onState={setState} isBrief={fix !== null} isOpen={goal !== null} />
        ) : null}
      </div>
    </div>
  );
}

function withoutUndefined(state: SiteState): SiteState {
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined)) as unknown as SiteState;
}

function Modes({ state, onChoose }: { state: PlayState; onChoose: (state: PlayState) => void }): JSX.Element {
  const examples = MODES.find(([mode]) => mode === state.mode)?.[2] ?? SITE_EXAMPLES;
  const chosen = examples.findIndex((example) => writeState(example.state) === writeState(state));
  return (
    <div class="modes">
      <div class="mode-buttons" role="group" aria-label="What to explore">
        {MODES.map(([mode, label, [first]]) => (
          <button
            key={mode}
            type="button"
            aria-pressed={state.mode === mode}
            onClick={() => state.mode !== mode && first && onChoose(first.state)}
          >
            {label}
          </button>
        ))}
      </div>
      <Choice
        label="Example"
        value={String(chosen)}
        options={[
          ...(chosen < 0 ? [["-1", "your own"] as const] : []),
          ...examples.map(({ label }, i) => [String(i), label] as const),
        ]}
        onChoose={(i) => examples[Number(i)] && onChoose(examples[Number(i)]!.state)}
      />
    </div>
  );
}

interface SiteResultProps {
  readonly answer: SiteAnswer;
  readonly state: SiteState;
  readonly onState: (state: PlayState) => void;
  readonly isBrief: boolean;
  readonly isOpen: boolean;
}

function SiteResult({ answer, state, onState, isBrief, isOpen }: SiteResultProps): JSX.Element {
  return (
    <>
      <section class="judgement" aria-label="Verdict on the edit" hidden={isBrief}>
        <h3>
          <span class={`verdict verdict-${answer.verdict}`}>{answer.verdict}</span> {answer.rule.title}
        </h3>
        <p class="counts">
          rule <code>{answer.rule.id}</code>, {answer.rule.reference}. Old bytes <code>{answer.bytes.from}</code>, new
          bytes <code>{answer.bytes.to}</code>.
        </p>
        <ul>
          {answer.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
        {answer.nearest === null ? null : <p>The nearest edit that may be made live: {answer.nearest}.</p>}
      </section>
      <div class={`proofs${answer.proofs.length > 1 ? " is-pair" : ""}`}>
        {answer.proofs.map((proof, i) =>
          "verdict" in proof ? (
            <ProofPanel
              key={`${proof.protocol}-${i}`}
              proof={proof}
              isBrief={isBrief}
              isOpen={isOpen}
              changes={i === 0 ? state.changes : []}
              onChanges={i === 0 ? (changes) => onState({ ...state, changes }) : undefined}
            />
          ) : (
            <p key={`${proof.protocol}-${i}`} class="refusal">
              <code>{proof.protocol}</code>: {proof.message}
            </p>
          ),
        )}
      </div>
    </>
  );
}

interface FixProps {
  readonly state: SiteState;
  readonly fix: ProtocolName;
  readonly broken: PlayState;
  readonly onChoose: (state: PlayState) => void;
}

/** Mends the protocol, or breaks it again. */
function Fix({ state, fix, broken, onChoose }: FixProps): JSX.Element {
  const isFixed = state.protocol === fix;
  return (
    <div class="share">
      <button
        type="button"
        class="is-main"
        onClick={() => onChoose(isFixed ? broken : { ...state, protocol: fix, changes: [] })}
      >
        {isFixed ? "Break it again" : "Fix it: stop the other cores first"}
      </button>
      <a class="button" href={playgroundPage(state)}>
        Open in the playground
      </a>
    </div>
  );
}

interface Asked {
  readonly answer: Answer | null;
  readonly progress: EngineProgress | null;
  readonly cancelled: boolean;
  readonly cancel: () => void;
  readonly again: () => void;
}

const NOTHING_YET: EngineProgress = { states: 0, steps: 0, seconds: 0 };

/** Asks anew whenever the state has not changed for a moment. The last answer stays until there is another. */
function useAnswer(state: PlayState, show: string | undefined, onAnswer: () => void): Asked {
  const engine = useRef<Engine | undefined>(undefined);
  engine.current ??= new Engine();
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [progress, setProgress] = useState<EngineProgress | null>(NOTHING_YET);
  const [cancelled, setCancelled] = useState(false);
  const [round, setRound] = useState(0);
  const isFirst = useRef(true);
  useEffect(() => {
    setCancelled(false);
    const start = (): void => {
      setProgress(NOTHING_YET);
      void engine.current?.ask(state, show, setProgress).then((given) => {
        if (given === null) return;
        setAnswer(given);
        setProgress(null);
        onAnswer();
      });
    };
    if (isFirst.current) {
      isFirst.current = false;
      start();
      return;
    }
    const timer = setTimeout(start, PAUSE);
    return () => clearTimeout(timer);
  }, [state, show, round]);
  useEffect(() => () => engine.current?.close(), []);
  const cancel = useCallback(() => {
    engine.current?.cancel();
    setProgress(null);
    setAnswer(null);
    setCancelled(true);
  }, []);
  const again = useCallback(() => setRound((n) => n + 1), []);
  return { answer, progress, cancelled, cancel, again };
}

/** Keeps the page's address and the state the same. */
function useAddress(state: PlayState, setState: (state: PlayState) => void, inAddress: boolean): void {
  const written = useRef("");
  useEffect(() => {
    if (!inAddress) return;
    written.current = writeState(state);
    if (`#${written.current}` !== location.hash) history.replaceState(history.state, "", `#${written.current}`);
  }, [state, inAddress]);
  useEffect(() => {
    if (!inAddress) return;
    const follow = (): void => {
      const fragment = location.hash.slice(1);
      if (fragment !== written.current) setState(readState(fragment) ?? SITE_DEFAULT);
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [inAddress]);
}
