import type { ElfImage } from "@cmodx/elf";
import { JsonBytes } from "./json-bytes.js";
import { eachSite, isError, type Question } from "./read-report.js";
import { SiteJson } from "./site-json.js";

const comma = 0x2c;

/** The report as JSON, in pieces, and whether it has an error. No site is kept: a kernel's are ten times as large as what is printed of them. */
export function auditJson(
  image: ElfImage,
  path: string,
  question: Question,
  findings: boolean,
): { readonly pieces: readonly (string | Uint8Array)[]; readonly hasError: boolean } {
  const out = new JsonBytes();
  const json = new SiteJson(out);
  let [bad, first] = [false, true];
  const head = eachSite(image, path, question, (seen) => {
    const { findings: found } = seen.model?.site ?? seen.site;
    bad ||= found.some(isError);
    if (findings && found.length === 0) return;
    if (!first) out.byte(comma);
    first = false;
    json.writeSeen(seen);
  });
  return { pieces: [`${JSON.stringify(head).slice(0, -1)},"sites":[`, ...out.pieces, "]}\n"], hasError: bad };
}
