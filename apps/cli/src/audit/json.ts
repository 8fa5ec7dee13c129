import type { AuditReport } from "@cmodx/patching";

const pieceSites = 2000;

/** The document in pieces: a kernel's is too long to be made as one string. */
export function* auditJson({ sites, ...head }: AuditReport): Generator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"sites":[`;
  for (let at = 0; at < sites.length; at += pieceSites) {
    const piece = JSON.stringify(sites.slice(at, at + pieceSites)).slice(1, -1);
    yield at === 0 ? piece : `,${piece}`;
  }
  yield "]}\n";
}
