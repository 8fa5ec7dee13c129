import type { MemoryChange, MemoryComparison } from "@cmodx/patching";
import type { AuditDiff, SiteName } from "../audit/diff.js";
import type { Io } from "../frame/io.js";
import { columns, grouped } from "./columns.js";
import { counted, hex32 } from "./layout.js";
import { paint } from "./paint.js";

const SHOWN = 10;

/** The comparison of two builds, in one screen. */
export function diffText(diff: AuditDiff, io: Pick<Io, "colour">): string {
  const rows = Object.entries(diff.summary).map(([kind, { old, new: now, gained, lost, changed }]) => [
    kind,
    ...[old, now, gained, lost, changed].map((n) => (n === 0 ? "-" : grouped(n))),
  ]);
  const header = ["kind", "old", "new", "gained", "lost", "changed"];
  const right = header.map((_, i) => (i === 0 ? ("left" as const) : ("right" as const)));
  const keys = diff.keys.map(({ symbol, old, new: now }) => [symbol, grouped(old), grouped(now)]);
  const parts = [
    `${paint(io, "strong", `${diff.old.path} -> ${diff.new.path}`)}\n`,
    columns([header, ...rows], right),
    listed("gained", diff.gained.map(siteText)),
    listed("lost", diff.lost.map(siteText)),
    listed(
      "changed",
      diff.changed.map((change) => `${siteText(change.new)}: ${change.what.join(", ")}`),
    ),
    keys.length === 0
      ? ""
      : shortened(columns([["key", "old stops", "new stops"], ...keys], ["left", "right", "right"])),
    diff.errors === 0
      ? ""
      : `  ${paint(io, "bad", `${counted(diff.errors, "error")} in the new image: see --findings`)}\n`,
  ];
  return parts.filter((part) => part !== "").join("\n");
}

/** The comparison with memory: what is switched, and what nobody can explain. */
export function memoryText(found: MemoryComparison, io: Pick<Io, "colour">): string {
  const rows = Object.entries(found.states).flatMap(([kind, states]) =>
    Object.entries(states).map(([state, n]) => [kind, state, grouped(n)]),
  );
  const keys = new Map<string, number>();
  for (const { key } of found.switched) if (key !== null) keys.set(key, (keys.get(key) ?? 0) + 1);
  const switched = [...keys].sort(([, a], [, b]) => b - a).map(([key, n]) => `${key}: ${counted(n, "site")}`);
  const { kprobes, unexplained, unexplainedCount } = found;
  const parts = [
    `${paint(io, "strong", found.image.path)}  ${grouped(found.compared)} bytes of text compared with memory\n`,
    columns([["kind", "state", "sites"], ...rows], ["left", "left", "right"]),
    listed("keys of switched sites", switched),
    listed("kprobes", kprobes.map(changeText)),
    unexplainedCount === 0
      ? `  ${paint(io, "good", "nothing else has changed")}\n`
      : `${paint(io, "bad", listed("changes that no table explains", unexplained.map(changeText), unexplainedCount))}`,
  ];
  return parts.filter((part) => part !== "").join("\n");
}

function changeText({ address, section, symbol, image, memory }: MemoryChange): string {
  return `${hex32(address)} ${section} <${symbol ?? "-"}> ${image} -> ${memory}`;
}

function siteText({ kind, address, section, symbol, offset, key }: SiteName): string {
  const name = symbol === null ? "" : ` <${symbol}${offset ? `+0x${offset.toString(16)}` : ""}>`;
  return `${kind} ${hex32(address)} ${section ?? "-"}${name}${key === null ? "" : ` key ${key}`}`;
}

/** A heading and the first lines; nothing where there is none. */
function listed(heading: string, lines: readonly string[], total = lines.length): string {
  if (total === 0) return "";
  const more = total > SHOWN ? [`    and ${grouped(total - SHOWN)} more: see --json`] : [];
  return `${[`  ${heading}`, ...lines.slice(0, SHOWN).map((line) => `    ${line}`), ...more].join("\n")}\n`;
}

function shortened(text: string): string {
  const lines = text.trimEnd().split("\n");
  const more = lines.length - 1 - SHOWN;
  return `${[...lines.slice(0, SHOWN + 1), ...(more > 0 ? [`  and ${grouped(more)} more: see --json`] : [])].join("\n")}\n`;
}
