import type { PlayState } from "./state.js";

/** The shell line that asks the same of the command; null where it has no way to. */
export function commandOf(state: PlayState): string | null {
  if (state.mode === "litmus") return `cmodx litmus /dev/stdin <<'END'\n${state.text.replace(/\n?$/, "\n")}END`;
  if (state.mode === "program" || state.changes.length > 0) return null;
  const { isa, at, from, to, protocol, architecture, executors, calls, code, property } = state;
  const words = [
    "cmodx prove",
    `--isa ${isa}`,
    `--at 0x${at.toString(16)}`,
    `--from ${quoted(from)}`,
    `--to ${quoted(to)}`,
  ];
  words.push(`--protocol ${protocol}`);
  if (protocol === "island") words.push(`--island 0x${(((at + 0x100) & ~3) >>> 0).toString(16)}`);
  if (protocol === "literal-load") words.push(`--literal 0x${(((at + 0x200) & ~3) >>> 0).toString(16)}`);
  if (architecture !== "armv7") words.push(`--arch ${architecture}`);
  if (executors !== 1) words.push(`--executors ${executors}`);
  if (calls !== 2) words.push(`--calls ${calls}`);
  if (code !== "site") words.push(`--code ${code}`);
  if (property !== undefined) words.push(`--property ${property}`);
  return words.join(" ");
}

function quoted(text: string): string {
  return /^[A-Za-z0-9._-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
