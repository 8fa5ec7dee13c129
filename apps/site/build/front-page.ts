import { INCIDENTS, PATTERNS } from "@cmodx/patching";
import { ask } from "../src/engine/ask.js";
import { SITE_DEFAULT, writeState } from "../src/engine/state.js";
import { drawLanes } from "./lanes.js";
import { escapeHtml, type Page } from "./page.js";
import { BASE } from "./paths.js";

/** What it is for in ten seconds: a protocol that is broken, drawn as it breaks; and the button that mends it. */
export function frontPage(): Page {
  const answer = ask(SITE_DEFAULT);
  const [proof] = answer.kind === "site" ? answer.proofs : [];
  const frames = proof !== undefined && "execution" in proof ? (proof.execution?.frames ?? []) : [];
  if (frames.length === 0) throw new Error("the front page has no counterexample to draw");
  const drawn = drawLanes(frames, (core) => (core === 0 ? "patching core" : `core ${core}`));
  return {
    slug: "",
    title: "Change ARM code while it runs",
    description:
      "May this ARM instruction be changed into that one while other cores execute it? And if not, what must be done?",
    more: { template: "splash", editUrl: false, tableOfContents: false },
    body: `<div class="front">

<p class="front-lead">May I change <em>this</em> ARM instruction into <em>that</em> one, here, now, while other cores execute it? And if not, what must I do? cmodx
answers from the architecture’s rules, and proves the answer by exploring every execution that a multi-core machine allows.</p>

<div class="front-show">

<h2>One aligned store turns a Thumb <code>nop.w</code> into a <code>b.w</code>. Another core runs through it. This is how that goes wrong:</h2>

<div>
<cmodx-playground plain fix="stop-machine" state="${escapeHtml(writeState(SITE_DEFAULT))}">${drawn}</cmodx-playground>
</div>

</div>

<div class="front-grid not-content">
<a href="${BASE}guides/quick-start/"><b>Quick start</b> Ask, prove and audit in a minute, at the command line.</a>
<a href="${BASE}playground/"><b>Playground</b> Your own edit, litmus test or small program, every execution of it.</a>
<a href="${BASE}learn/"><b>Learn</b> Six lessons from the fetch of one instruction to a live tracer, with exercises.</a>
<a href="${BASE}seed-thread/"><b>The thread of 2012</b> What was asked about ftrace and kprobes on ARM, answered by proof.</a>
<a href="${BASE}catalogue/incidents/"><b>${INCIDENTS.length} incidents</b> Who got it wrong, and the ${PATTERNS.length} patterns they come down to.</a>
<a href="${BASE}commands/audit/"><b>Audit a kernel</b> Every patch site of a vmlinux, decoded and judged.</a>
<a href="${BASE}encodings/"><b>Encoding explorer</b> Any A32 or Thumb instruction, bit by bit.</a>
<a href="${BASE}traces/"><b>Trace viewer</b> Tracers, keys and probes switched while a program runs.</a>
</div>

<p>32-bit ARM: A32, Thumb and Thumb-2; ARMv7 and ARMv8 AArch32. MIT licence. Everything on these pages is computed in your browser.</p>

</div>
`,
  };
}
