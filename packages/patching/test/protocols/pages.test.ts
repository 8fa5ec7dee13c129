import { format } from "@cmodx/codec";
import {
  cost,
  type Edit,
  EXECUTION_PROPERTIES,
  editOf,
  type Plan,
  PROPERTY_NAMES,
  PROTOCOL_NAMES,
  PROTOCOLS,
  type ProtocolName,
  plan,
  prove,
  type Step,
  stepText,
} from "@cmodx/patching";
import { expect, test } from "vitest";

// A page for each protocol, from the same data as everything else: `npx vitest run packages/patching -u` writes them anew.

const PLACES = { island: 0x8300, literal: 0x8400 };

/** The first of these that the protocol can make is the page's example. */
const EXAMPLES: readonly Edit[] = [
  editOf({ isa: "t32", address: 0x8002, from: "bl 0x8100", to: "bl 0xa200" }),
  editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" }),
  editOf({ isa: "t32", address: 0x8000, from: "nop", to: "b.w 0x19000" }),
  editOf({ isa: "a32", address: 0x8000, from: "b 0x9000", to: "b 0xa000" }),
];

const STAGED: ReadonlySet<ProtocolName> = new Set(["halfword-toggle"]);

function exampleOf(protocol: ProtocolName): Edit {
  const candidates = STAGED.has(protocol) ? EXAMPLES : [...EXAMPLES.slice(1), ...EXAMPLES.slice(0, 1)];
  const fits = (edit: Edit) => PROTOCOLS[protocol].refuses?.(edit, PLACES) === undefined;
  // An island is for what is out of reach, though it can make what is not.
  const found = protocol === "island" ? EXAMPLES[2] : candidates.find(fits);
  if (found === undefined) throw new Error(`no example for ${protocol}`);
  return found;
}

/** One arrow or note a step, between the patching core and one that stands for the others. */
function diagram({ steps }: Plan): string[] {
  const lines = ["sequenceDiagram", "  participant P as patching core", "  participant O as every other core"];
  const note = (who: "P" | "O", step: Step) => `  Note over ${who}: ${stepText(step).replaceAll(/ +/g, " ")}`;
  for (const step of steps.patcher) {
    if (step.operation.op === "interrupt-others") {
      lines.push("  P->>O: interrupt");
      for (const other of steps.others) {
        lines.push(other.operation.op === "arrive" ? `  O-->>P: ${other.operation.point}` : note("O", other));
      }
    } else if (step.operation.op === "release") lines.push(`  P-->>O: ${step.operation.point}`);
    else lines.push(note("P", step));
  }
  return lines;
}

const stepsTable = (title: string, steps: readonly Step[]): string[] =>
  steps.length === 0
    ? []
    : [
        `## ${title}`,
        "",
        "| step | operation | what it is for |",
        "| --- | --- | --- |",
        ...steps.map((step) => `| ${step.id} | \`${stepText(step).replaceAll(/ +/g, " ")}\` | ${step.why} |`),
        "",
      ];

function page(protocol: ProtocolName): string {
  const edit = exampleOf(protocol);
  const made = plan(edit, protocol, PLACES);
  const { verdict, properties } = prove(edit, protocol, { ...PLACES, properties: PROPERTY_NAMES });
  const four = cost(made, 4);
  const where = { island: " --island 0x8300", "literal-load": " --literal 0x8400" }[protocol as string] ?? "";
  const from = format(edit.from);
  const shell = `cmodx prove --isa ${edit.isa} --at 0x${edit.address.toString(16)} --from '${from}' --to '${format(edit.to)}' --protocol ${protocol}${where}`;
  const held = properties.map((each) => `| ${each.property} | ${each.verdict} |`);
  const sound = EXECUTION_PROPERTIES.every((name) =>
    properties.some((each) => each.property === name && each.verdict === "holds"),
  );
  expect(verdict === "unknown").toBe(false);
  return [
    `# ${protocol}`,
    "",
    `${PROTOCOLS[protocol].summary[0]?.toUpperCase()}${PROTOCOLS[protocol].summary.slice(1)}.`,
    "",
    `The example changes \`${from}\` into \`${format(edit.to)}\` at \`0x${edit.address.toString(16)}\` (${edit.isa}), for which it is ${sound ? "sound" : "not sound"}.`,
    "",
    "```sh",
    shell,
    "```",
    "",
    "```mermaid",
    ...diagram(made),
    "```",
    "",
    ...stepsTable("The patching core", made.steps.patcher),
    ...stepsTable("Every other core", made.steps.others),
    "## Proof",
    "",
    "Every execution with one core that runs through the site, interrupted anywhere; other edits are in [the table](../proofs.md).",
    "",
    "| property | verdict |",
    "| --- | --- |",
    ...held,
    "",
    "## Cost on four cores",
    "",
    "| stores | maintenance | barriers | interrupts | stalled cores |",
    "| --- | --- | --- | --- | --- |",
    `| ${four.stores} | ${four.maintenance} | ${four.barriers} | ${four.ipis} | ${four.stalledCores} |`,
    "",
  ].join("\n");
}

test.each(PROTOCOL_NAMES)("the page of %s says what its plan does and what its proof says", async (protocol) => {
  await expect(page(protocol)).toMatchFileSnapshot(`../../../../docs/protocols/${protocol}.md`);
});
