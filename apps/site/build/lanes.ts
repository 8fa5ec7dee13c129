import { escapeHtml } from "./page.js";

interface LaneStep {
  readonly core: number;
  readonly event: string;
  readonly detail: string;
}

/** An execution drawn with one lane a core, time going down: a list whose items stand in their core's column. */
export function drawLanes(
  steps: readonly LaneStep[],
  names: (core: number) => string = (core) => `core ${core}`,
): string {
  const cores = [...new Set(steps.map(({ core }) => core))].toSorted((a, b) => a - b);
  const heads = cores.map((core) => `<span>${escapeHtml(names(core))}</span>`).join("");
  const rows = steps.map(({ core, event, detail }, i) => {
    const kind = ["store", "fetch", "execute", "violation", "isb", "take", "early"].includes(event)
      ? ` lane-${event}`
      : "";
    return `<li class="lane-step${kind}" style="--lane:${cores.indexOf(core) + 1};--row:${i + 1}"><span class="sr-only">${escapeHtml(names(core))}: </span>${escapeHtml(detail)}</li>`;
  });
  return `<figure class="lanes not-content" style="--lanes:${cores.length}"><div class="lane-heads" aria-hidden="true">${heads}</div><ol role="list">${rows.join("")}</ol></figure>`;
}
