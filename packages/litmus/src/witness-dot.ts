import type { WitnessStep } from "@cmodx/machine";
import { witnessGraph } from "./witness-graph.js";

/**
 * A witness as a graph in Graphviz's language: a cluster for each core in program order, an edge from each store to what read or fetched it.
 *
 * @param name - of the test, as the graph's title
 * @param steps - of all cores in one order
 *
 * @example
 * ```ts
 * const parsed = parseLitmus("ARM one\n{ %x=x; }\n P0 ;\n MOV R0,#1 ;\n STR R0,[%x] ;\nexists (x=1)");
 * const result = parsed.ok ? runLitmus(parsed.test, { witness: true }) : undefined;
 * const dot = result?.witness && witnessDot(result.name, result.witness); // "digraph …"
 * ```
 */
export function witnessDot(name: string, steps: readonly WitnessStep[]): string {
  const { cores, boxes, arrows } = witnessGraph(steps);
  const lines = [
    `digraph ${quoted(name)} {`,
    "  rankdir=TB; newrank=true;",
    '  node [shape=box, style=rounded, fontname="monospace", fontsize=10];',
  ];
  for (const core of cores) {
    const own = boxes.flatMap((box, i) => (box.core === core ? [i] : []));
    lines.push(`  subgraph cluster_${core} {`, `    label=${quoted(`P${core}`)};`);
    for (const i of own) lines.push(`    n${i} [label=${quoted(boxes[i]!.lines.join("\n"))}];`);
    if (own.length > 1) lines.push(`    ${own.map((i) => `n${i}`).join(" -> ")};`);
    lines.push("  }");
  }
  for (const { from, to, label } of arrows) {
    lines.push(
      `  n${from} -> n${to} [label=${quoted(label)}, constraint=false, color="#b45309", fontcolor="#b45309"];`,
    );
  }
  return `${lines.join("\n")}\n}\n`;
}

/** Lines end at the left. */
function quoted(text: string): string {
  const escaped = text.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\l");
  return `"${escaped}${text.includes("\n") ? "\\l" : ""}"`;
}
