import { INCIDENTS, type Incident, PATTERNS, type Pattern, type Reproduction } from "@cmodx/patching";
import type { Command } from "commander";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import { UsageError } from "../frame/usage-error.js";
import type { Verb } from "../frame/verbs.js";
import { lanes } from "../text/lanes.js";
import { counted, labelled } from "../text/layout.js";
import { paint } from "../text/paint.js";

export const verb: Verb = {
  examples: ["cmodx incidents", "cmodx incidents 4"],
  configure(command: Command, io: Io) {
    command
      .argument("[id]", "an incident (1 to 27) or a pattern (P1 to P11, L1): its mistake reproduced, and mended")
      .option("--json", "print one JSON document");
    return (id: string | undefined, { json }: { json?: true }): Exit => {
      const incidents = id === undefined ? INCIDENTS : INCIDENTS.filter((incident) => String(incident.id) === id);
      const wanted = new Set(
        id === undefined ? [] : [id.toUpperCase(), ...incidents.flatMap(({ patterns }) => patterns)],
      );
      const patterns = PATTERNS.filter((pattern) => id === undefined || wanted.has(pattern.id));
      if (patterns.length === 0 && (id === undefined || incidents.length === 0)) {
        throw new UsageError(
          "incidents",
          `there is no incident or pattern "${id}"`,
          "see `cmodx incidents` for what there is",
        );
      }
      // Every pattern takes milliseconds, so the list is always one of things that were just reproduced.
      const shown = patterns.map((pattern) => new Shown(pattern));
      if (json) io.out(`${JSON.stringify(incidentsJson(incidents, shown))}\n`);
      else if (id === undefined) io.out(catalogueText(incidents, shown, io));
      else io.out([...incidents.map((one) => incidentText(one, io)), ...shown.map((one) => one.text(io))].join("\n"));
      return shown.every(({ asExpected }) => asExpected) ? EXIT.good : EXIT.bad;
    };
  },
};

/** A pattern with both of its explorations. */
class Shown {
  readonly pattern: Pattern;
  readonly faulty: Reproduction;
  readonly fixed: Reproduction;

  constructor(pattern: Pattern) {
    this.pattern = pattern;
    this.faulty = pattern.reproduce("faulty");
    this.fixed = pattern.reproduce("fixed");
  }

  get asExpected(): boolean {
    return this.faulty.found === true && this.fixed.found === false;
  }

  text(io: Io): string {
    const { id, title, explanation } = this.pattern;
    const { counterexample } = this.faulty;
    return [
      `${paint(io, "strong", id)}  ${title}\n\n`,
      labelled("", [explanation], io.columns, 2),
      "\n",
      labelled("as it was", [verdict(this.faulty, io)], io.columns),
      labelled("mended", [verdict(this.fixed, io)], io.columns),
      counterexample === null ? "" : `\n${lanes(counterexample, io)}`,
    ].join("");
  }
}

function verdict({ found, states, transitions }: Reproduction, io: Io): string {
  const explored = `${counted(states, "state")}, ${counted(transitions, "transition")}`;
  if (found === "unknown") return `${paint(io, "warn", "unknown")}: a limit was hit after ${explored}`;
  return found
    ? `${paint(io, "bad", "goes wrong")} in some execution (${explored})`
    : `${paint(io, "good", "never goes wrong")} (${explored})`;
}

function incidentText({ id, project, source, platform, what, patterns, command }: Incident, io: Io): string {
  return [
    `${paint(io, "strong", `${id}  ${project}`)}, ${platform}\n\n`,
    labelled("what", [what], io.columns),
    labelled("source", [source], io.columns),
    command === undefined
      ? labelled("patterns", [patterns.join(", ")], io.columns)
      : labelled("shown by", [command], io.columns),
  ].join("");
}

function catalogueText(incidents: readonly Incident[], shown: readonly Shown[], io: Io): string {
  const head = (text: string) => `${paint(io, "strong", text)}\n\n`;
  const result = ({ pattern, faulty, fixed, asExpected }: Shown) =>
    `${pattern.title}; ${asExpected ? "found, and not where it is mended" : `faulty ${faulty.found}, mended ${fixed.found}`}`;
  return [
    head("Patterns, each reproduced just now"),
    ...shown.map((one) => labelled(one.pattern.id, [result(one)], io.columns, 8)),
    `\n${head("Incidents")}`,
    ...incidents.map(({ id, project, platform, what, patterns, command }) =>
      labelled(String(id), [`${project} (${platform}): ${what} [${command ?? patterns.join(", ")}]`], io.columns, 8),
    ),
    "\n`cmodx incidents ID` shows one with its counterexample.\n",
  ].join("");
}

function incidentsJson(incidents: readonly Incident[], shown: readonly Shown[]): object {
  const patterns = shown.map(({ pattern: { id, title, explanation }, faulty, fixed }) => ({
    id,
    title,
    explanation,
    faulty,
    fixed,
  }));
  return { schema: "cmodx/incidents/1", incidents, patterns };
}
