import type { Command } from "commander";
import type { Exit, Io } from "./io.js";

/**
 * One verb of the command. `configure` declares arguments and options on a commander command and returns the action, so
 * that a verb's file holds both and nothing else.
 */
export interface Verb {
  /** Two invocations that work as they stand, shown under the options. */
  readonly examples: readonly string[];
  configure(command: Command, io: Io): (...parsed: never[]) => Promise<Exit> | Exit;
}

/** Every verb in the order help lists them. Only the one that is called is loaded: start-up is part of the interface. */
export const VERBS: Readonly<Record<string, { summary: string; load: () => Promise<{ verb: Verb }> }>> = {
  demo: {
    summary: "the tour: audit a sample, check an edit, prove a protocol, see a broken one fail",
    load: () => import("../commands/demo.js"),
  },
  audit: {
    summary: "every patch site of an ELF kernel, module or program, decoded and judged",
    load: () => import("../commands/audit.js"),
  },
  check: {
    summary: "may this instruction be changed into that one while other cores execute it",
    load: () => import("../commands/check.js"),
  },
  plan: {
    summary: "the steps of a protocol for an edit, for each core, and what they cost",
    load: () => import("../commands/plan.js"),
  },
  prove: {
    summary: "explore every execution of a protocol against cores that run through the site",
    load: () => import("../commands/prove.js"),
  },
  probe: {
    summary: "what a kprobe on this instruction would do: reject, simulate or emulate, and why",
    load: () => import("../commands/probe.js"),
  },
  patch: {
    summary: "write an image with static keys or traced calls switched",
    load: () => import("../commands/patch.js"),
  },
  run: {
    summary: "run a static program on the multi-core machine, its functions, events, keys and probes traced",
    load: () => import("../commands/run.js"),
  },
  incidents: {
    summary: "the catalogue of real cross-modification bugs, each reproduced and fixed",
    load: () => import("../commands/incidents.js"),
  },
  litmus: {
    summary: "run litmus tests (herd format)",
    load: () => import("../commands/litmus.js"),
  },
  campaign: {
    summary: "run many commands as independent jobs: here, in parts, or on a queue; resumable",
    load: () => import("../commands/campaign.js"),
  },
  merge: {
    summary: "put the results of a campaign's parts together",
    load: () => import("../commands/merge.js"),
  },
  work: {
    summary: "run the jobs of campaigns from a queue, on any number of hosts",
    load: () => import("../commands/work.js"),
  },
  asm: {
    summary: "assembler text to bytes",
    load: () => import("../commands/asm.js"),
  },
  disasm: {
    summary: "bytes to assembler text, with what the architecture says of each",
    load: () => import("../commands/disasm.js"),
  },
  completion: {
    summary: "a script that completes this command in bash, zsh or fish",
    load: () => import("../commands/completion.js"),
  },
};
