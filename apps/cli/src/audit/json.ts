import type { ElfImage } from "@cmodx/elf";
import { JsonBytes } from "./json-bytes.js";
import { hasError, type Question, type SitesReport, sitesOf } from "./read-report.js";
import { SiteJson } from "./site-json.js";

const comma = 0x2c;
/** How many sites are written before what they fill is handed out: a few hundred kilobytes. */
const atOnce = 256;

/**
 * The report as JSON, in pieces that are made one after another, and whether it has an error. Each piece is only there until the next is
 * asked for: a kernel's report is fifty megabytes, of which no more than a few hundred kilobytes are ever in memory.
 */
export function auditJson(
  image: ElfImage,
  path: string,
  question: Question,
  findings: boolean,
): { readonly pieces: Iterable<string | Uint8Array>; readonly hasError: boolean } {
  const report = sitesOf(image, path, question);
  return { pieces: printed(report, findings), hasError: report.some(hasError) };
}

function* printed({ report, length, show }: SitesReport, findings: boolean): Generator<string | Uint8Array> {
  yield `${JSON.stringify(report).slice(0, -1)},"sites":[`;
  const out = new JsonBytes();
  const json = new SiteJson(out);
  let first = true;
  for (let from = 0; from < length; from += atOnce) {
    show(from, from + atOnce, (seen) => {
      if (findings && (seen.model ?? seen).site.findings.length === 0) return;
      if (!first) out.byte(comma);
      first = false;
      json.writeSeen(seen);
    });
    yield* out.pieces;
    out.clear();
  }
  yield "]}\n";
}
