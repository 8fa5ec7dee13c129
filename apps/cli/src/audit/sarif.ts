import { pathToFileURL } from "node:url";
import { type AuditReport, FINDINGS } from "@cmodx/patching";

const ids = Object.keys(FINDINGS) as (keyof typeof FINDINGS)[];

/**
 * The beginning of a SARIF log: one run, whose results follow, with commas between them, up to {@link sarifEnd}.
 *
 * @see OASIS SARIF 2.1.0
 */
export function sarifBegin(version: string): string {
  const rules = ids.map((id) => ({
    id,
    shortDescription: { text: FINDINGS[id].title },
    defaultConfiguration: { level: FINDINGS[id].level },
  }));
  const tool = { driver: { name: "cmodx", version, rules } };
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0" };
  return `${JSON.stringify(log).slice(0, -1)},"runs":[{"tool":${JSON.stringify(tool)},"results":[`;
}

export const sarifEnd = "]}]}\n";

/** The findings of an image as SARIF results, as JSON with commas between them. */
export function sarifResults({ image, sites }: AuditReport): string {
  const uri = artifactUri(image.path);
  return sites
    .flatMap((site) =>
      site.findings.map(({ id, level, message }) => {
        const { address, section, symbol, offset } = site;
        const name = symbol === null ? undefined : offset ? `${symbol}+0x${offset.toString(16)}` : symbol;
        // The sections of a relocatable file have no address yet: there a place is counted from its section's start.
        const where = image.type === "REL" ? { relativeAddress: address } : { absoluteAddress: address };
        const place = { ...where, ...(section === null ? {} : { fullyQualifiedName: section }) };
        return JSON.stringify({
          ruleId: id,
          ruleIndex: ids.indexOf(id),
          level,
          message: { text: `${site.kind} site${name === undefined ? "" : ` ${name}`}: ${message}` },
          locations: [
            {
              physicalLocation: { artifactLocation: { uri }, address: place },
              ...(name === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: name, kind: "function" }] }),
            },
          ],
        });
      }),
    )
    .join(",");
}

/** A URI: relative as the path is, and with what a URI cannot hold escaped. */
function artifactUri(path: string): string {
  return path.startsWith("/") ? pathToFileURL(path).href : path.split(/[\\/]/).map(encodeURIComponent).join("/");
}
