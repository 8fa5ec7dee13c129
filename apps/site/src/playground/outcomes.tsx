import type { JSX } from "preact";
import type { OutcomesAnswer } from "../engine/answer.js";
import { Stepper } from "./stepper.js";

interface OutcomesProps {
  readonly answer: OutcomesAnswer;
  /** Asks for the execution of one of them. */
  readonly onShow?: ((state: string) => void) | undefined;
}

/** The final states of a test or a program, and one execution. */
export function Outcomes({ answer, onShow }: OutcomesProps): JSX.Element {
  const { verdict, condition, outcomes, complete, limit, seconds, execution, shown } = answer;
  const hasCondition = condition !== null;
  return (
    <section class="outcomes" aria-label="Outcomes">
      {verdict === null ? (
        <h3>
          {outcomes.length} {outcomes.length === 1 ? "outcome" : "different outcomes"}
        </h3>
      ) : (
        <h3>
          <span class={`verdict verdict-${verdict.toLowerCase()}`}>{verdict}</span> <code>{condition}</code>
        </h3>
      )}
      <p class="counts">
        {complete ? "Every execution was explored" : "Not every execution was explored"}, {seconds.toFixed(2)} s.
      </p>
      {limit === null ? null : (
        <p class="limit" role="alert">
          A bound was hit: {limit}.
        </p>
      )}
      <div class="table-scroll" tabIndex={0} role="group" aria-label="Table of outcomes">
        <table>
          <thead>
            <tr>
              <th scope="col">final state</th>
              <th scope="col">ways</th>
              {hasCondition ? <th scope="col">condition</th> : null}
              {onShow === undefined ? null : <th scope="col">execution</th>}
            </tr>
          </thead>
          <tbody>
            {outcomes.slice(0, 200).map(({ state, count, satisfies }) => (
              <tr key={state} class={satisfies === true ? "satisfies" : undefined}>
                <td>
                  <code>{state}</code>
                </td>
                <td>{count}</td>
                {hasCondition ? <td>{satisfies === true ? "satisfied" : "not satisfied"}</td> : null}
                {onShow === undefined ? null : (
                  <td>
                    <button type="button" aria-pressed={state === shown} onClick={() => onShow(state)}>
                      {state === shown ? "shown" : "show"}
                    </button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {execution === null ? null : (
        <>
          <h4>{hasCondition ? "An execution that satisfies the condition" : "An execution that ends so"}</h4>
          <Stepper execution={execution} names={(core) => `core ${core}`} />
        </>
      )}
    </section>
  );
}
