import { escapeHtml } from "./page.js";

/**
 * A `sequenceDiagram` as a list in two columns, one a participant: notes are cards, messages are arrows between the columns.
 * Drawn at build time; a page needs no script for it.
 */
export function drawSequence(text: string): string {
  const names = new Map<string, string>();
  const rows: string[] = [];
  const lane = (id: string): number => [...names.keys()].indexOf(id);
  for (const line of text.split("\n").map((each) => each.trim())) {
    const participant = /^participant (\w+) as (.+)$/.exec(line);
    if (participant) names.set(participant[1]!, participant[2]!);
    const note = /^Note over (\w+): (.+)$/.exec(line);
    if (note) rows.push(`<li class="seq-note seq-lane-${lane(note[1]!)}"><span>${escapeHtml(note[2]!)}</span></li>`);
    const arrow = /^(\w+)(-->>|->>)(\w+): (.+)$/.exec(line);
    if (!arrow) continue;
    const [, from = "", kind, to = "", label = ""] = arrow;
    const direction = lane(from) < lane(to) ? "right" : "left";
    const style = kind === "-->>" ? " seq-dashed" : "";
    const said = `${names.get(from) ?? from} to ${names.get(to) ?? to}: ${label}`;
    rows.push(
      `<li class="seq-arrow seq-${direction}${style}" aria-label="${escapeHtml(said)}"><span>${escapeHtml(label)}</span></li>`,
    );
  }
  const heads = [...names.values()].map((name) => `<span>${escapeHtml(name)}</span>`).join("");
  return `<figure class="seq not-content"><div class="seq-heads" aria-hidden="true">${heads}</div><ol role="list">${rows.join("")}</ol></figure>`;
}
