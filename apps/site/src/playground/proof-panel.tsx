import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ProofAnswer, StepLine } from "../engine/answer.js";
import { ADDABLE, type Addable, type StepChange } from "../engine/state.js";
import { Stepper } from "./stepper.js";

const counted = (n: number, what: string): string => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;

const coreName = (core: number): string => (core === 0 ? "patching core" : `core ${core}`);

interface PanelProps {
  readonly proof: ProofAnswer;
  /** Absent where the plan is not to be changed: the one compared with. */
  readonly onChanges?: ((changes: readonly StepChange[]) => void) | undefined;
  readonly changes: readonly StepChange[];
  /** Only the verdict and how it fails. */
  readonly isBrief: boolean;
  readonly isOpen?: boolean;
}

/** One protocol: its verdict, what was explored, its steps, and how it fails. */
export function ProofPanel({ proof, onChanges, changes, isBrief, isOpen = false }: PanelProps): JSX.Element {
  const { protocol, summary, verdict, properties, states, transitions, seconds, limit, cost, execution, failed } =
    proof;
  return (
    <section class={`proof verdict-${verdict}`} aria-label={`Proof of ${protocol}`}>
      <header>
        <h3>
          <span class={`verdict verdict-${verdict}`}>{verdict}</span> <code>{protocol}</code>
        </h3>
        <p>{summary}</p>
      </header>
      <ul class="properties">
        {properties
          .filter((each) => !isBrief || failed === null || each.property === failed)
          .map((each) => (
            <li key={each.property} class={`property verdict-${each.verdict}`}>
              <b>{each.verdict}</b> <i>{each.property}</i>: {each.says}
            </li>
          ))}
      </ul>
      <p class="counts">
        {counted(states, "state")}, {counted(transitions, "transition")}, {seconds.toFixed(2)} s. Costs{" "}
        {counted(cost.stores, "store")}, {counted(cost.maintenance, "maintenance operation")},{" "}
        {counted(cost.barriers, "barrier")}, {counted(cost.ipis, "interrupt")}; {counted(cost.stalledCores, "core")}{" "}
        stalled.
      </p>
      {limit === null ? null : (
        <p class="limit" role="alert">
          A bound was hit, so this is no proof: {limit}.
        </p>
      )}
      {execution === null ? null : (
        <>
          <h4 class="fails">{failed === null ? "One of its executions" : `How ${failed} fails`}</h4>
          <Stepper execution={execution} names={coreName} isBrief={isBrief} />
        </>
      )}
      <details class="plan" open={changes.length > 0 || (onChanges !== undefined && isOpen)}>
        <summary>
          The plan: {counted(proof.patcher.length + proof.others.length, "step")}
          {onChanges ? "; take one out or put one in" : ""}
        </summary>
        <Steps title="The patching core" who="patcher" lines={proof.patcher} changes={changes} onChanges={onChanges} />
        <Steps
          title="Every other core, when interrupted"
          who="others"
          lines={proof.others}
          changes={changes}
          onChanges={onChanges}
        />
      </details>
    </section>
  );
}

interface StepsProps {
  readonly title: string;
  readonly who: "patcher" | "others";
  readonly lines: readonly StepLine[];
  readonly changes: readonly StepChange[];
  readonly onChanges?: PanelProps["onChanges"];
}

function Steps({ title, who: role, lines, changes, onChanges }: StepsProps): JSX.Element {
  const [what, setWhat] = useState<Addable>("isb");
  const isThis = (change: StepChange, line: StepLine): boolean =>
    change.role === role &&
    change.index === line.index &&
    (line.state === "added" ? change.kind === "add" : change.kind === "drop");
  const toggle = (line: StepLine): void => {
    const without = changes.filter((change) => !isThis(change, line));
    onChanges?.(line.state === "own" ? [...changes, { kind: "drop", role, index: line.index }] : without);
  };
  const own = lines.filter(({ state }) => state !== "added").length;
  return (
    <div class="steps">
      <h4>{title}</h4>
      {lines.length === 0 ? <p class="held-note">does nothing</p> : null}
      <ol>
        {lines.map((line, i) => (
          <li key={`${line.id}-${i}`} class={`step step-${line.state}`}>
            {onChanges === undefined ? null : (
              <button
                type="button"
                class="step-toggle"
                aria-pressed={line.state === "dropped"}
                aria-label={line.state === "dropped" ? `put ${line.id} back` : `take ${line.id} out`}
                onClick={() => toggle(line)}
              >
                {line.state === "dropped" ? "+" : "−"}
              </button>
            )}
            <span class="step-text">
              <code>{line.text}</code> <span class="step-why">{line.why}</span>
            </span>
            {onChanges === undefined || line.state !== "own" ? null : (
              <button
                type="button"
                class="step-add"
                aria-label={`put ${what} in front of ${line.id}`}
                onClick={() => onChanges([...changes, { kind: "add", role, index: line.index, what }])}
              >
                + {what}
              </button>
            )}
          </li>
        ))}
      </ol>
      {onChanges === undefined ? null : (
        <p class="step-tools">
          <label>
            put in{" "}
            <select value={what} onChange={(event) => setWhat(event.currentTarget.value as Addable)}>
              {ADDABLE.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </label>{" "}
          <button type="button" onClick={() => onChanges([...changes, { kind: "add", role, index: own, what }])}>
            at the end
          </button>
        </p>
      )}
    </div>
  );
}
