import type { Page } from "./page.js";

/** The pages of the elements that compute: each is its element, and what to know about it. */
export function toolPages(): Page[] {
  return [playground(), encodings(), traces()];
}

/** What stands there until the element has come, and where scripts are switched off. */
const NEEDS_SCRIPT = "This computes in your browser, and needs JavaScript for it.";

const wide = { tableOfContents: false, pagefind: true };

function playground(): Page {
  return {
    slug: "playground",
    title: "Playground",
    description: "Change an instruction while other cores execute it, and see every way in which that may end.",
    more: wide,
    body: `Change an instruction while other cores execute it. Every execution that the architecture allows is explored, here in your browser;
nothing is sent anywhere. A question is an address: the link says it all.

<h2 class="sr-only">Question and answer</h2>

<div><cmodx-playground address>${NEEDS_SCRIPT}</cmodx-playground></div>

## How to read it

- **The verdict on the edit** is the architecture's rule for changing this instruction into that one: no protocol is needed (*concurrent*), one is
  (*synchronise*), or there would be no instruction (*invalid*).
- **The verdict on the protocol** is a proof about as many cores and runs as you chose. *holds*: no execution goes wrong, and all were seen.
  *violated*: here is one that does. *unknown*: a bound was hit first.
- **Lanes**: one column for each core, time going down. A message (\`@3\`) is something that all cores can notice: a store, a clean, an
  invalidate, an interrupt. *ahead of program order* says that a core made a later step visible early.
- **Data side** is what a load would find; **point of unification** what has been cleaned out of the data caches; **instruction side** everything that
  the core may execute at the site at this moment: *fresh* is the newest, *stale* was there before, *torn* never was in memory.
- A core's **views** are the model's: positions in the list of messages that bound what it may still read, fetch and write.`,
  };
}

function encodings(): Page {
  return {
    slug: "encodings",
    title: "Encoding explorer",
    description:
      "Type an ARM or Thumb instruction, or its bytes: its encoding, what it does, and its neighbours one bit away.",
    more: wide,
    body: `Type an instruction, or its bytes.

<div><cmodx-encoding>${NEEDS_SCRIPT}</cmodx-encoding></div>`,
  };
}

function traces(): Page {
  return {
    slug: "traces",
    title: "Trace viewer",
    description: "Run a program on the simulated machine and trace it, or look at a recording.",
    more: wide,
    body: `A small program runs on a machine of two cores. Its functions, static keys and instructions are traced as the kernel does it: by rewriting
instructions of the program while it runs.

<div><cmodx-traces>${NEEDS_SCRIPT}</cmodx-traces></div>`,
  };
}
