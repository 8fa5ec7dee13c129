import { render } from "preact";
import { Explorer } from "./explorer.js";

/** `<cmodx-encoding>`: any instruction, bit by bit. Its question is the page's fragment. */
class EncodingElement extends HTMLElement {
  connectedCallback(): void {
    this.replaceChildren();
    render(<Explorer />, this);
  }

  disconnectedCallback(): void {
    render(null, this);
  }
}

customElements.define("cmodx-encoding", EncodingElement);
