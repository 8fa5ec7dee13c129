import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  ARCHITECTURES,
  check,
  type Edit,
  editOf,
  FINDINGS,
  INCIDENTS,
  PATTERNS,
  PROPERTIES,
  PROTOCOL_NAMES,
  PROTOCOLS,
  type ProtocolName,
  prove,
} from "@cmodx/patching";
import { drawLanes } from "./lanes.js";
import { cell, escapeHtml, type Page } from "./page.js";
import { BASE, ROOT } from "./paths.js";

// Catalogues: each is what a package exports, asked at build time. Nothing here is copied from a page.

export function cataloguePages(): Page[] {
  return [protocols(), incidents(), litmus(), findings()];
}

interface Example {
  readonly isa: "a32" | "t32";
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

const EXAMPLES: readonly Example[] = [
  { isa: "a32", at: 0x8000, from: "nop", to: "b 0x9000" },
  { isa: "t32", at: 0x8000, from: "nop.w", to: "b.w 0x9000" },
  { isa: "t32", at: 0x8002, from: "bl 0x8100", to: "bl 0xa200" },
];

const editFor = ({ isa, at, from, to }: Example): Edit => editOf({ isa, address: at, from, to });

/** A link that opens the playground in this state. */
const playground = (state: Readonly<Record<string, string>>): string =>
  `${BASE}playground/#${new URLSearchParams(state).toString()}`;

function protocols(): Page {
  const names = PROTOCOL_NAMES;
  const heads = EXAMPLES.map(({ isa, from, to }) => `${isa.toUpperCase()} \`${from}\` to \`${to}\``);
  const rows = names.map(
    (name) =>
      `| [\`${name}\`](${BASE}protocols/${name.replaceAll("+", "-and-")}/) | ${EXAMPLES.map((example) => provedCell(example, name)).join(" | ")} |`,
  );
  const about = names.map(
    (name) =>
      `### ${name}\n\n${PROTOCOLS[name].summary} Promises: ${PROTOCOLS[name].promises.join(", ") || "nothing"}.\n`,
  );
  const lists = EXAMPLES.map((example) => {
    const judged = ARCHITECTURES.map(
      (architecture) => `${architecture}: ${check(editFor(example), { architecture }).verdict}`,
    );
    return `- ${example.isa.toUpperCase()} \`${example.from}\` to \`${example.to}\` at \`0x${example.at.toString(16)}\`: ${judged.join("; ")}`;
  });
  return {
    slug: "catalogue/protocols",
    title: "Catalogue of protocols",
    description:
      "Every protocol, proved or refuted for three edits when these pages were built, with the number of states.",
    body: `Each protocol was put to the test on three edits when this page was built: one patching core, one core that runs through the
site twice, every execution explored. A verdict is a link: it opens the question in the playground.

${lists.join("\n")}

| protocol | ${heads.join(" | ")} |
| --- | ${heads.map(() => "---").join(" | ")} |
${rows.join("\n")}

The properties asked: ${Object.entries(PROPERTIES)
      .slice(0, 3)
      .map(([name, says]) => `*${name}* (${says})`)
      .join(
        "; ",
      )}. What [each step is for](${BASE}protocols/) and [all the verdicts](${BASE}proofs/) have pages of their own.

## What each is

${about.join("\n")}`,
  };
}

function provedCell(example: Example, protocol: ProtocolName): string {
  const { isa, at, from, to } = example;
  try {
    const { verdict, property, states } = prove(editFor(example), protocol, {});
    const link = playground({ mode: "site", isa, at: `0x${at.toString(16)}`, from, to, protocol });
    const said = verdict === "violated" ? `violated: ${property}` : verdict;
    return `[${said}](${link}), ${states.toLocaleString("en")} states`;
  } catch {
    return "no way to make it";
  }
}

function incidents(): Page {
  const patterns = PATTERNS.map((pattern) => {
    const [faulty, fixed] = [pattern.reproduce("faulty"), pattern.reproduce("fixed")];
    const steps = faulty.counterexample ?? [];
    const mended = fixed.found === false ? `none of its executions goes wrong (${count(fixed.states)})` : "not decided";
    return `### ${pattern.id}: ${pattern.title}

${pattern.explanation}

As it was done, some execution goes wrong (${count(faulty.states)}); as it is right, ${mended}.

<details><summary>An execution that goes wrong</summary>

${drawLanes(steps)}

</details>
`;
  });
  const rows = INCIDENTS.map(({ id, project, platform, what, patterns: ids, source }) => {
    const links = ids.map((pattern) => `[${pattern}](#${anchor(pattern)})`).join(", ");
    return `| ${id} | ${cell(project)} | ${cell(platform)} | ${cell(what)} | ${links || "none"} | ${cell(source)} |`;
  });
  return {
    slug: "catalogue/incidents",
    title: "Catalogue of incidents",
    description:
      "Real programs that changed running code and got it wrong, and the patterns they come down to, reproduced.",
    body: `Real programs that changed running code and got it wrong. Each pattern was reproduced on the machine when this page was built.

| # | project | platform | what happened | patterns | where |
| --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

## The patterns

${patterns.join("\n")}`,
  };
}

const count = (states: number): string => `${states.toLocaleString("en")} states explored`;
const anchor = (id: string): string => {
  const pattern = PATTERNS.find((each) => each.id === id);
  return `${id}-${pattern?.title ?? ""}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, "")
    .replaceAll(" ", "-");
};

const FAMILIES: readonly (readonly [title: string, test: (name: string) => boolean])[] = [
  ["Thumb: instruction fetch", (name) => name.startsWith("T.")],
  ["Data only", (name) => name.startsWith("D.")],
  ["One core changes its own code", (name) => name.startsWith("SM")],
  ["Message passing to a fetch", (name) => name.startsWith("MP")],
  ["Coherence of fetches", (name) => name.startsWith("Co")],
  ["Others", () => true],
];

function litmus(): Page {
  const folder = join(ROOT, "litmus");
  const expected = new Map(
    readFileSync(join(folder, "kinds.txt"), "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split(" ") as [string, string]),
  );
  const files = readdirSync(folder).filter((file) => file.endsWith(".litmus"));
  const families = FAMILIES.map(([title, belongs]) => ({ title, belongs, files: [] as string[] }));
  for (const file of files.toSorted()) families.find(({ belongs }) => belongs(file))?.files.push(file);
  const sections = families.map(({ title, files: own }) => {
    const tests = own.map((file) => {
      const name = file.replace(/\.litmus$/, "");
      const text = readFileSync(join(folder, file), "utf8");
      const about = /\(\*\s*([\s\S]*?)\s*\*\)/.exec(text)?.[1]?.replaceAll(/\s+/g, " ") ?? "";
      return `<details class="litmus-test" id="${escapeHtml(name)}"><summary><code>${escapeHtml(name)}</code> <span class="verdict verdict-${(expected.get(name) ?? "unknown").toLowerCase()}">${expected.get(name) ?? "unknown"}</span> ${escapeHtml(about)}</summary>

\`\`\`text
${text.trim()}
\`\`\`

[Run it in the playground](${playground({ mode: "litmus", text: text.trim() })})

</details>`;
    });
    return `## ${title}\n\n${tests.join("\n\n")}\n`;
  });
  return {
    slug: "catalogue/litmus",
    title: "Catalogue of litmus tests",
    description: `All ${files.length} litmus tests of the repository, with the verdict that the architecture asks for.`,
    body: `${files.length} tests in herd's format. The verdict is the architecture's, not this engine's: the test suite compares the two.
*Allowed*: some execution satisfies the condition. *Forbidden*: none does. *Required*: all do. [The model](${BASE}model/) says why.

${sections.join("\n")}`,
  };
}

function findings(): Page {
  const levels = ["error", "warning", "note"] as const;
  const parts = levels.map((level) => {
    const rows = Object.entries(FINDINGS).filter(([, finding]) => finding.level === level);
    return `## ${level[0]!.toUpperCase()}${level.slice(1)}s\n\n| id | what it says |\n| --- | --- |\n${rows.map(([id, { title }]) => `| \`${id}\` | ${cell(title)} |`).join("\n")}\n`;
  });
  return {
    slug: "catalogue/findings",
    title: "Catalogue of audit findings",
    description: "Everything that an audit may say of a patch site.",
    body: `What [\`cmodx audit\`](${BASE}commands/audit/) may say of a patch site. The ids are stable: scripts may rely on them.\n\n${parts.join("\n")}`,
  };
}
