import type { AuditReport } from "@cmodx/patching";

const pieceSites = 2000;

/** The document in pieces: a kernel's is too long to be made as one string. */
export function* auditJson({ sites, ...head }: AuditReport): Generator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"sites":[`;
  for (let at = 0; at < sites.length; at += pieceSites) {
    // The comma apart: with it a piece of a megabyte would be copied once more.
    if (at > 0) yield ",";
    yield JSON.stringify(sites.slice(at, at + pieceSites)).slice(1, -1);
  }
  yield "]}\n";
}
