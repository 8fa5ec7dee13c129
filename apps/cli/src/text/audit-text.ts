import {
  type AuditReport,
  FINDINGS,
  type Finding,
  type KeySummary,
  type KindSummary,
  type Site,
} from "@cmodx/patching";
import { type Digest, digestOf } from "../audit/digest.js";
import type { LinedReport, LinedSite } from "../audit/read-report.js";
import type { Io } from "../frame/io.js";
import { columns, grouped } from "./columns.js";
import { counted, hex32 } from "./layout.js";
import { paint, type Style } from "./paint.js";

const LEVEL_STYLE: Readonly<Record<Finding["level"], Style>> = { error: "bad", warning: "warn", note: "faint" };
const LEVELS = ["error", "warning", "note"] as const;
const SHOWN_FORMS = 4;
const SHOWN_KEYS = 5;

/** An audit in one screen: what sites there are, how each change to them is judged, what is wrong with them. */
export function auditText(report: AuditReport, io: Pick<Io, "colour">): string {
  const head = `${paint(io, "strong", report.image.path)}  ${describeImage(report)}\n`;
  if (report.sites.length === 0) return `${head}\n  no patch-site table, so no site\n`;
  const stripped = report.image.stripped
    ? `\n  ${paint(io, "warn", "stripped: tables that only symbols bound, as a kernel's mcount and jump_label, were not looked for")}\n`
    : "";
  return `${head}\n${digestText(digestOf(report), report.keys, io)}${stripped}`;
}

/** The tables of one image, or of several added up; keys are one image's. */
export function digestText(digest: Digest, keys: readonly KeySummary[], io: Pick<Io, "colour">): string {
  const parts = [sitesText(digest, io), changesText(digest, io), keysText(keys, io), findingsText(digest, io)];
  return parts.filter((part) => part !== "").join("\n");
}

function describeImage({ image, architecture }: AuditReport): string {
  const orders = image.endian === image.codeEndian ? image.endian : `${image.endian} (code ${image.codeEndian})`;
  const isa = image.isa === null ? "" : `, ${image.isa === "mixed" ? "a32 and t32" : image.isa} sites`;
  return `${image.type}, ${orders}-endian ${image.machine}${isa}, judged by ${architecture}`;
}

function sitesText({ summary }: Digest, io: Pick<Io, "colour">): string {
  const rows = Object.entries(summary).map(([kind, { sites, byForm, straddle }]) => {
    const crossed = Object.values(straddle).map((n) => (n === 0 ? "-" : grouped(n)));
    return [kind, grouped(sites), ...crossed, formsText(byForm)];
  });
  const header = ["kind", "sites", "word", "line32", "line64", "page", "forms"];
  return table(io, [header, ...rows], ["left", "right", "right", "right", "right", "right", "left"]);
}

/** The commonest forms by name, and how many the rest are. */
function formsText(byForm: KindSummary["byForm"]): string {
  const forms = Object.entries(byForm).sort(([, a], [, b]) => b - a);
  const rest = forms.slice(SHOWN_FORMS).reduce((sum, [, n]) => sum + n, 0);
  const shown = forms.slice(0, SHOWN_FORMS).map(([form, n]) => `${form} ${grouped(n)}`);
  return [...shown, ...(rest > 0 ? [`other ${grouped(rest)}`] : [])].join(", ");
}

/** One line for each change and answer: how many sites it is for, the verdict, the rule, the cheapest sound protocol. */
function changesText({ changes }: Digest, io: Pick<Io, "colour">): string {
  if (changes.size === 0) return "";
  const rows = [...changes.values()].map(({ kind, name, what, verdict, rule, protocol, n }) => [
    `${kind} ${name}`,
    what,
    grouped(n),
    verdict,
    rule,
    protocol,
  ]);
  const header = ["change", "", "sites", "verdict", "rule", "cheapest sound protocol"];
  return table(io, [header, ...rows], ["left", "left", "right", "left", "left", "left"]);
}

/** The keys that cost the most machine stops to switch, and all of them together. */
function keysText(keys: readonly KeySummary[], io: Pick<Io, "colour">): string {
  const used = keys.filter(({ sites }) => sites > 0);
  if (used.length === 0) return "";
  const counts = ["sites", "stops", "liveFirst", "live", "liveWithNop", "liveWith16Bit"] as const;
  const cells = (key: Pick<KeySummary, (typeof counts)[number]>) =>
    counts.map((name) => (key[name] === 0 ? "-" : grouped(key[name])));
  const named = used.slice(0, SHOWN_KEYS).map((key) => [key.symbol ?? hex32(key.address ?? 0), ...cells(key)]);
  const sumOf = (name: (typeof counts)[number]) => used.reduce((total, key) => total + key[name], 0);
  const sum = Object.fromEntries(counts.map((name) => [name, sumOf(name)])) as Record<(typeof counts)[number], number>;
  const all = used.length > 1 ? [[`all ${grouped(used.length)} keys`, ...cells(sum)]] : [];
  const header = ["key", "sites", "stops", "live once", "live", "if NOP", "if 16-bit"];
  return table(io, [header, ...named, ...all], ["left", "right", "right", "right", "right", "right", "right"]);
}

function findingsText({ findings }: Digest, io: Pick<Io, "colour">): string {
  const found = [...findings.values()].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
  if (found.length === 0) return `  ${paint(io, "good", "no findings")}\n`;
  const rows = found.map(({ kind, id, level, n }) => [level, id, grouped(n), kind, FINDINGS[id].title]);
  const text = table(
    io,
    [["level", "finding", "sites", "kind", "meaning"], ...rows],
    ["left", "left", "right", "left", "left"],
  );
  const errors = found.filter(({ level }) => level === "error").reduce((sum, { n }) => sum + n, 0);
  return errors === 0 ? text : `${text}  ${paint(io, "bad", `${counted(errors, "error")}: see --findings`)}\n`;
}

function table(
  io: Pick<Io, "colour">,
  rows: readonly (readonly string[])[],
  align: Parameters<typeof columns>[1],
): string {
  const [header, ...lines] = columns(rows, align).split(/(?<=\n)/);
  return `${paint(io, "faint", header!.trimEnd())}\n${lines.join("")}`;
}

/** A line a finding, as compilers print them: place, level, message, id. */
export function findingLines({ sites, image }: LinedReport, io: Pick<Io, "colour">): string {
  const lines = sites.flatMap((site) =>
    site.findings.map(({ id, level, message }) => {
      const where = `${image.path}: ${site.kind} ${placeText(site)}${site.file == null ? "" : ` ${lineText(site)}`}`;
      return `${where}: ${paint(io, LEVEL_STYLE[level], level)}: ${message} [${id}]\n`;
    }),
  );
  return lines.join("");
}

/** A line a site. */
export function siteTable({ sites }: LinedReport, io: Pick<Io, "colour">): string {
  const lined = sites.some(({ file }) => file !== undefined);
  const rows = sites.map((site) => [
    site.kind,
    hex32(site.address),
    site.section ?? "-",
    site.isa ?? "-",
    site.bytes ?? "-",
    site.text ?? "-",
    nameText(site),
    site.key?.symbol ?? "-",
    site.transitions.map(({ name, verdict }) => `${name}: ${verdict}`).join(", ") || "-",
    ...(lined ? [lineText(site)] : []),
  ]);
  const header = [
    "kind",
    "address",
    "section",
    "isa",
    "bytes",
    "text",
    "symbol",
    "key",
    "verdicts",
    ...(lined ? ["line"] : []),
  ];
  return table(
    io,
    [header, ...rows],
    header.map(() => "left" as const),
  );
}

function lineText({ file, line }: LinedSite): string {
  return file == null ? "-" : `${file}:${line}`;
}

function placeText(site: Site): string {
  const name = nameText(site);
  return `${hex32(site.address)}${site.section === null ? "" : ` ${site.section}`}${name === "-" ? "" : ` <${name}>`}`;
}

function nameText({ symbol, offset }: Site): string {
  if (symbol === null) return "-";
  return offset === 0 || offset === null ? symbol : `${symbol}+0x${offset.toString(16)}`;
}
