import { render } from "preact";
import { isGoal } from "../engine/goals.js";
import { PROTOCOL_CHOICES } from "../engine/names.js";
import { readState, SITE_DEFAULT } from "../engine/state.js";
import { Playground } from "./playground.js";

/**
 * `<cmodx-playground>`: a question about code that changes while it runs, and its answer.
 *
 * - `state`: the question, as the fragment of a shared link; `address` (no value): the page's own fragment, kept up to date
 * - `goal`: what an exercise asks, a name of `GOALS`
 * - `plain` (no value): without the form, only the plan can be changed
 * - `fix`: the name of a protocol that a button offers instead of the question's
 *
 * Each answer is an event `cmodx-answer` of the element.
 */
class PlaygroundElement extends HTMLElement {
  connectedCallback(): void {
    const inAddress = this.hasAttribute("address");
    const given =
      inAddress && location.hash.includes("mode=") ? location.hash.slice(1) : (this.getAttribute("state") ?? "");
    const goal = this.getAttribute("goal");
    this.replaceChildren();
    render(
      <Playground
        initial={readState(given) ?? SITE_DEFAULT}
        inAddress={inAddress}
        goal={isGoal(goal) ? goal : null}
        hasForm={!this.hasAttribute("plain")}
        onAnswer={() => this.dispatchEvent(new CustomEvent("cmodx-answer"))}
        fix={PROTOCOL_CHOICES.find((name) => name === this.getAttribute("fix")) ?? null}
      />,
      this,
    );
  }

  disconnectedCallback(): void {
    render(null, this);
  }
}

customElements.define("cmodx-playground", PlaygroundElement);
