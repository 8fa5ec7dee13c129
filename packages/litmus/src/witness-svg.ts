import type { WitnessStep } from "@cmodx/machine";
import { type WitnessBox, witnessGraph } from "./witness-graph.js";

const lane = { width: 330, gap: 56 };
const box = { line: 17, padding: 8, gap: 12 };
const margin = 24;
const top = 84;
/** Characters of the text that fit into a box. */
const columns = 40;

/** Fill and edge of each kind of box, dark on light: a drawing has its own background, whatever it is put on. */
const colours: Readonly<Record<WitnessBox["kind"], readonly [fill: string, edge: string]>> = {
  store: ["#fdeedd", "#b45309"],
  load: ["#e3f0fd", "#1d66b0"],
  fetch: ["#e9f7e4", "#3b7d23"],
  maintenance: ["#f3e8fc", "#7c3aad"],
  barrier: ["#eceef1", "#4b5563"],
  synchronisation: ["#fde7ef", "#b3245f"],
  interrupt: ["#fff3c4", "#8a6d00"],
  other: ["#ffffff", "#9aa3ad"],
};

/**
 * A witness as an SVG drawing: a lane for each core, time going down, an arrow from each store to what read or fetched it, from each
 * interrupt to where it is taken.
 *
 * @param name - of the test, as the drawing's title
 * @param steps - of all cores in one order
 *
 * @example
 * ```ts
 * const parsed = parseLitmus("ARM one\n{ %x=x; }\n P0 ;\n MOV R0,#1 ;\n STR R0,[%x] ;\nexists (x=1)");
 * const result = parsed.ok ? runLitmus(parsed.test, { witness: true }) : undefined;
 * const svg = result?.witness && witnessSvg(result.name, result.witness); // "<svg xmlns=…"
 * ```
 */
export function witnessSvg(name: string, steps: readonly WitnessStep[]): string {
  const { cores, boxes, arrows } = witnessGraph(steps);
  const x = (core: number): number => margin + cores.indexOf(core) * (lane.width + lane.gap);
  let y = top;
  const placed = boxes.map((one) => {
    const lines = one.lines.flatMap((line) => wrapped(line));
    const height = lines.length * box.line + 2 * box.padding - 3;
    const at = { ...one, lines, x: x(one.core), y, height };
    y += height + box.gap;
    return at;
  });
  const width = 2 * margin + cores.length * lane.width + Math.max(0, cores.length - 1) * lane.gap;
  const height = y + margin;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(`An execution of ${name}`)}</title>`,
    `<defs><marker id="to" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#b45309"/></marker></defs>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="${margin}" y="32" font-family="system-ui, sans-serif" font-size="17" font-weight="600" fill="#1f2933">${escaped(name)}</text>`,
  ];
  for (const core of cores) {
    const middle = x(core) + lane.width / 2;
    parts.push(
      `<text x="${middle}" y="62" text-anchor="middle" font-family="system-ui, sans-serif" font-size="14" font-weight="600" fill="#1f2933">P${core}</text>`,
      `<line x1="${middle}" y1="72" x2="${middle}" y2="${height - margin}" stroke="#d4d9de" stroke-width="2"/>`,
    );
  }
  for (const { kind, lines, x: left, y: from, height: tall } of placed) {
    const [fill, edge] = colours[kind];
    parts.push(
      `<rect x="${left}" y="${from}" width="${lane.width}" height="${tall}" rx="6" fill="${fill}" stroke="${edge}"/>`,
    );
    lines.forEach((line, i) => {
      const weight = i === 0 ? ' font-weight="600"' : "";
      parts.push(
        `<text x="${left + 10}" y="${from + box.padding + 11 + i * box.line}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12.5"${weight} fill="#1f2933" xml:space="preserve">${escaped(line)}</text>`,
      );
    });
  }
  for (const { from, to, label } of arrows) parts.push(arrow(placed[from]!, placed[to]!, label));
  parts.push("</svg>");
  return `${parts.join("\n")}\n`;
}

interface Placed {
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

const dashes = { read: "", fetch: ' stroke-dasharray="5 3"', interrupt: ' stroke-dasharray="2 3"' } as const;

/** From the side of one box to the facing side of the other. */
function arrow(from: Placed, to: Placed, label: keyof typeof dashes): string {
  const right = to.x > from.x;
  const [x1, x2] = right ? [from.x + lane.width, to.x] : [from.x, to.x + lane.width];
  const [y1, y2] = [from.y + from.height / 2, to.y + to.height / 2];
  const bend = (right ? 1 : -1) * Math.min(lane.gap * 0.7, Math.abs(x2 - x1));
  const [textX, textY] = [right ? x2 - 8 : x2 + 8, y2 + 17];
  return (
    `<path d="M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}" fill="none" stroke="#b45309" stroke-width="1.6"${dashes[label]} marker-end="url(#to)"/>` +
    `<text x="${textX}" y="${textY}" text-anchor="${right ? "end" : "start"}" font-family="system-ui, sans-serif" font-size="11" fill="#b45309">${label}</text>`
  );
}

function wrapped(text: string): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "" || `${line} ${word}`.length <= columns)
      lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
