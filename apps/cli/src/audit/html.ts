import { type AuditReport, FINDINGS, type Site } from "@cmodx/patching";
import { grouped } from "../text/columns.js";
import { hex32 } from "../text/layout.js";
import { digestOf } from "./digest.js";
import { pageScript } from "./html-script.js";

const pieceSites = 2000;
const mapCells = 240;

/** A report as one page that needs nothing else: it works from a file, and asks no server for anything. In pieces. */
export function* auditHtml(report: AuditReport): Generator<string> {
  const { image, sites, summary, architecture, keys } = report;
  const { changes, findings } = digestOf(report);
  const verdicts = new Map<string, number>();
  for (const { verdict, n } of changes.values()) verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + n);
  const used = keys.filter((key) => key.sites > 0).slice(0, 20);
  yield `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Patch sites of ${escaped(image.path)}</title><style>${style}</style></head><body>
<h1>Patch sites of ${escaped(image.path)}</h1>
<p>${escaped(image.type)}, ${image.endian}-endian ${image.machine}, judged by ${architecture}: ${grouped(sites.length)} sites.</p>
<div class="charts">
${bars(
  "Sites by kind",
  Object.entries(summary).map(([kind, { sites }]) => [kind, sites]),
)}
${bars("Sites by section", [...counted(sites, ({ section }) => section ?? "-")])}
${bars("Transitions by verdict", [...verdicts])}
${bars(
  "Findings",
  [...findings.values()].map(({ kind, id, level, n }) => [`${level}: ${id} (${kind})`, n]),
)}
${bars(
  "Machine stops to switch a key",
  used.map(({ symbol, address, stops }) => [symbol ?? hex32(address ?? 0), stops]),
)}
</div>
<h2>Where the sites are</h2><div id="map">${[...maps(sites)].join("\n")}</div>
<h2>What the findings mean</h2><dl>${[...new Set([...findings.values()].map(({ id }) => id))]
    .map((id) => `<dt>${id}</dt><dd>${escaped(FINDINGS[id].title)}</dd>`)
    .join("")}</dl>
<h2>Sites</h2><p><label>Search <input id="find" type="search" size="40"></label> <span id="count"></span></p>
<table id="table"><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead><tbody></tbody></table>
<script type="application/json" id="sites">[`;
  for (let at = 0; at < sites.length; at += pieceSites) {
    const piece = JSON.stringify(sites.slice(at, at + pieceSites).map(row)).slice(1, -1);
    // A name must not end the script element.
    yield `${at === 0 ? "" : ","}${piece.replaceAll("<", "\\u003c")}`;
  }
  yield `]</script><script>${pageScript}</script></body></html>\n`;
}

const heads = ["kind", "address", "section", "isa", "bytes", "instruction", "symbol", "key", "verdicts", "findings"];

function row({ kind, address, section, isa, bytes, text, symbol, offset, key, transitions, findings }: Site) {
  const name = symbol !== null && offset ? `${symbol}+0x${offset.toString(16)}` : symbol;
  const verdicts = transitions.map(({ name, verdict }) => `${name}: ${verdict}`).join(", ");
  const found = findings.map(({ id }) => id).join(", ");
  return [kind, address, section, isa, bytes, text, name, key?.symbol ?? null, verdicts, found];
}

/** A bar chart whose numbers are words too. */
function bars(title: string, rows: readonly (readonly [string, number])[]): string {
  const most = Math.max(1, ...rows.map(([, n]) => n));
  const lines = [...rows]
    .sort(([, a], [, b]) => b - a)
    .map(([name, n]) => {
      const width = ((100 * n) / most).toFixed(1);
      return `<tr><th scope="row">${escaped(name)}</th><td><i style="width:${width}%"></i></td><td>${grouped(n)}</td></tr>`;
    });
  return `<table class="bars"><caption>${title}</caption>${lines.join("") || "<tr><td>none</td></tr>"}</table>`;
}

/** A strip for each section: from its first site to its last, the darker the more sites. */
function* maps(sites: readonly Site[]): Generator<string> {
  const sections = new Map<string, Site[]>();
  for (const site of sites) {
    if (site.isa === null || site.section === null) continue;
    const known = sections.get(site.section);
    if (known === undefined) sections.set(site.section, [site]);
    else known.push(site);
  }
  for (const [section, members] of sections) {
    let [first, last] = [Number.POSITIVE_INFINITY, 0];
    for (const { address } of members) {
      first = Math.min(first, address);
      last = Math.max(last, address);
    }
    const step = Math.max(4, Math.ceil((last + 1 - first) / mapCells));
    const cells = [...counted(members, ({ address }) => String(Math.floor((address - first) / step)))];
    const most = Math.max(...cells.map(([, n]) => n));
    const rects = cells.map(([cell, n]) => {
      const from = first + Number(cell) * step;
      const title = `<title>${hex32(from)} to ${hex32(from + step)}: ${grouped(n)} sites</title>`;
      const shade = (0.15 + (0.85 * n) / most).toFixed(2);
      return `<rect x="${Number(cell) * 4}" width="4" height="24" fill-opacity="${shade}" data-section="${escaped(section)}">${title}</rect>`;
    });
    yield `<figure><figcaption>${escaped(section)} ${hex32(first)} to ${hex32(last)}, ${grouped(members.length)} sites</figcaption>
<svg viewBox="0 0 ${mapCells * 4} 24" role="img" aria-label="sites in ${escaped(section)}" preserveAspectRatio="none">${rects.join("")}</svg></figure>`;
  }
}

function counted<Item>(items: readonly Item[], nameOf: (item: Item) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(nameOf(item), (counts.get(nameOf(item)) ?? 0) + 1);
  return counts;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => entities[sign]!);
}

const style = `
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif; }
body { margin: 1.5rem; }
.charts { display: flex; flex-wrap: wrap; gap: 1.5rem 3rem; align-items: flex-start; }
.bars caption { text-align: left; font-weight: 600; }
.bars th { text-align: left; font-weight: 400; max-width: 24rem; overflow-wrap: anywhere; }
.bars td:nth-child(2) { width: 12rem; }
.bars td:last-child { text-align: right; font-variant-numeric: tabular-nums; }
.bars i { display: block; height: .8rem; background: #3b6fb6; }
figure { margin: .5rem 0; } svg { width: 100%; height: 24px; background: #8882; } rect { fill: #3b6fb6; cursor: pointer; }
dt { font-family: monospace; } #table { border-collapse: collapse; font-family: monospace; font-size: 12px; }
#table th { cursor: pointer; text-align: left; position: sticky; top: 0; background: Canvas; }
#table td, #table th { padding: .1rem .6rem .1rem 0; vertical-align: top; }
th[aria-sort=ascending]::after { content: " \\25b2"; } th[aria-sort=descending]::after { content: " \\25bc"; }
`;
