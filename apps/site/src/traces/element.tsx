import { render } from "preact";
import { Viewer } from "./viewer.js";

/** `<cmodx-traces>`: a program that runs and is traced, or a recording that was dropped on it. */
class TracesElement extends HTMLElement {
  connectedCallback(): void {
    this.replaceChildren();
    render(<Viewer />, this);
  }

  disconnectedCallback(): void {
    render(null, this);
  }
}

customElements.define("cmodx-traces", TracesElement);
