import type { Io } from "../frame/io.js";
import { wrap } from "./layout.js";
import { paint } from "./paint.js";

/** One event of an execution, as every report of one has it. */
export interface LaneStep {
  readonly core: number;
  readonly detail: string;
}

const DEFAULT_COLUMNS = 100;
/** Under this a column holds too little to read; then one list says the core on each line. */
const NARROWEST_LANE = 24;

/**
 * An execution drawn with one lane a core, time going down: who did what before whom is seen, not worked out.
 *
 * @example
 * ```text
 *   core 0                       core 1
 *   store 0x00008000 f000b800
 *                                fetch 0x00008000 f000 (new)
 * ```
 */
export function lanes(steps: readonly LaneStep[], io: Pick<Io, "columns" | "colour">): string {
  const cores = [...new Set(steps.map(({ core }) => core))].sort((a, b) => a - b);
  const width = Math.floor(((io.columns ?? DEFAULT_COLUMNS) - 2) / cores.length);
  if (width < NARROWEST_LANE) return listed(steps, io);
  const header = cores.map((core) => `core ${core}`.padEnd(width)).join("");
  const rows = steps.flatMap(({ core, detail }) => {
    const indent = " ".repeat(2 + cores.indexOf(core) * width);
    return wrap(detail, width - 2).map((line, i) => `${indent}${i === 0 ? "" : "  "}${line}\n`);
  });
  return `  ${paint(io, "strong", header.trimEnd())}\n${rows.join("")}`;
}

function listed(steps: readonly LaneStep[], io: Pick<Io, "colour">): string {
  return steps.map(({ core, detail }) => `  ${paint(io, "strong", `core ${core}`)}  ${detail}\n`).join("");
}
