import { assemble } from "@cmodx/codec";
import { a32, type ExploreOptions, exploreSync, type Outcome, type Scenario, t32 } from "@cmodx/machine";
import type { Answer, Refusal } from "./answer.js";
import { MOST_SECONDS } from "./ask-site.js";
import { replay } from "./replay.js";
import type { IsaName, ProgramState } from "./state.js";

/** Where the first core's code begins; the others' follow it. */
const CODE = 0x10000;
const MOST_CORES = 4;
/** Registers that outcomes show. */
const OBSERVED = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

interface Laid {
  readonly scenario: Scenario;
  readonly cores: number;
  readonly used: readonly (readonly number[])[];
}

/**
 * Explores every execution of a program in which each core has a part, `core N:` above it.
 *
 * @param show - the outcome whose execution is wanted
 */
export function askProgram(state: ProgramState, show?: string, onProgress?: ExploreOptions["onProgress"]): Answer {
  const laid = layOut(state);
  if ("kind" in laid) return laid;
  const result = exploreSync(laid.scenario, {
    limits: { seconds: MOST_SECONDS },
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const rows = new Map<string, { count: number; outcome: Outcome }>();
  for (const outcome of result.outcomes) {
    const name = describe(outcome, laid);
    const known = rows.get(name);
    if (known === undefined) rows.set(name, { count: 1, outcome });
    else known.count++;
  }
  const rarest = [...rows].toSorted(([, a], [, b]) => a.count - b.count)[0]?.[0] ?? "";
  const shown = show !== undefined && rows.has(show) ? show : rarest;
  const odd = rows.get(shown);
  const { limit } = result;
  return {
    kind: "outcomes",
    verdict: null,
    condition: null,
    outcomes: [...rows].map(([text, { count }]) => ({ state: text, count, satisfies: null })),
    seconds: result.seconds,
    complete: result.complete,
    limit: limit === undefined ? null : `${limit.limit} reached ${limit.value}; ${limit.remedy}`,
    execution: odd === undefined ? null : replay(laid.scenario, result.witness(odd.outcome)),
    shown,
    herd: null,
  };
}

/** Assembles all parts as one text, so that a core may name another one's labels. */
function layOut({ text, isa }: ProgramState): Laid | Refusal {
  const lines = text.split("\n");
  const starts: { readonly core: number; readonly line: number }[] = [];
  for (const [i, line] of lines.entries()) {
    const core = /^\s*core\s+(\d)\s*:/i.exec(line)?.[1];
    if (core === undefined) continue;
    if (Number(core) !== starts.length) return refusal(`the parts are core 0, core 1, … in this order`, i + 1);
    starts.push({ core: Number(core), line: i });
  }
  if (starts.length === 0) return refusal("begin each core's part with a line `core 0:`, `core 1:` …", 1);
  if (starts.length > MOST_CORES) return refusal(`there may be ${MOST_CORES} cores`, starts[MOST_CORES]!.line + 1);
  if (lines.slice(0, starts[0]!.line).some((line) => line.trim() !== "")) {
    return refusal("what stands above `core 0:` belongs to no core", 1);
  }
  // A core's end is an instruction of its own: nobody runs on into the next part.
  const marked = lines.map((line, i) => {
    const at = starts.findIndex((start) => start.line === i);
    return at < 0 ? line : `${at === 0 ? "" : `end_of_core_${at - 1}: nop; .ltorg; .balign 64; `}start_of_core_${at}:`;
  });
  const last = starts.length - 1;
  const whole = `${marked.join("\n").replaceAll("; ", "\n")}\nend_of_core_${last}: nop\n.ltorg\n`;
  const made = assemble(whole, { isa, address: CODE });
  if (!made.ok) {
    const [issue] = made.issues;
    return refusal(issue?.message ?? "cannot be assembled", originalLine(marked, issue?.line ?? 1), issue?.column);
  }
  const label = (name: string): number => made.labels.get(name) ?? CODE;
  const used = starts.map(({ line }, i) => registersIn(lines.slice(line, starts[i + 1]?.line)));
  return {
    cores: starts.length,
    used,
    scenario: {
      memory: [{ address: CODE, bytes: made.code }],
      isas: [a32, t32],
      cores: starts.map((_, core) => ({
        steps: [
          {
            op: "execute" as const,
            isa: isa as IsaName,
            address: label(`start_of_core_${core}`),
            until: [label(`end_of_core_${core}`)],
          },
        ],
        observe: OBSERVED,
      })),
    },
  };
}

const refusal = (message: string, line: number, column = 1): Refusal => ({ kind: "refusal", message, line, column });

/** The marks of a part's beginning are more lines than the one that they stand for. */
function originalLine(marked: readonly string[], line: number): number {
  let at = 0;
  for (const [i, text] of marked.entries()) {
    at += text.split("; ").length;
    if (at >= line) return i + 1;
  }
  return marked.length;
}

function registersIn(lines: readonly string[]): readonly number[] {
  const named = lines.flatMap((line) =>
    [...line.toLowerCase().matchAll(/\br(1[0-2]|[0-9])\b/g)].map(([, n]) => Number(n)),
  );
  return [...new Set(named)].toSorted((a, b) => a - b);
}

function describe(outcome: Outcome, { used }: Laid): string {
  const cores = outcome.cores.map(({ registers, log }, core) => {
    const values = used[core]!.map((n) => `${core}:r${n}=0x${(registers[n]! >>> 0).toString(16)}`);
    const stopped = log.flatMap((event) => (event.event === "stop" ? [`${core} stopped: ${event.reason}`] : []));
    return [...values, ...stopped].join(" ");
  });
  return cores.filter((text) => text !== "").join("  ");
}
