import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { Page } from "./page.js";
import { BASE, ROOT } from "./paths.js";
import { drawSequence } from "./sequence.js";

// The pages that are files of the repository: docs/ and the packages' READMEs. They are rendered from where they are.

const below = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => posix.join(folder, file.replaceAll("\\", "/")))
    .toSorted();

/** By file of the repository, the address of the page that shows it. */
function slugs(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of below("docs")) found.set(file, slugOf(file));
  for (const name of readdirSync(join(ROOT, "packages"))) found.set(`packages/${name}/README.md`, `packages/${name}`);
  found.set("apps/cli/README.md", "commands");
  found.set("litmus", "catalogue/litmus");
  found.set("samples/README.md", "samples");
  return found;
}

const slugOf = (file: string): string =>
  file
    .replace(/^docs\//, "")
    .replace(/(\/README)?\.md$/, "")
    .replaceAll("+", "-and-");

/** A link that asks the playground for this test. */
const playground = (text: string): string =>
  `${BASE}playground/#${new URLSearchParams({ mode: "litmus", text: text.trim() }).toString()}`;

export function repositoryPages(): Page[] {
  const known = slugs();
  return [...known]
    .filter(([file]) => file.endsWith(".md"))
    .filter(([file]) => file !== "apps/cli/README.md")
    .map(([file, slug]) => pageOf(file, slug, known));
}

/** The commands' overview has the README of the command in it. */
export function commandReadme(): string {
  return pageOf("apps/cli/README.md", "commands", slugs()).body;
}

function pageOf(file: string, slug: string, known: ReadonlyMap<string, string>): Page {
  const text = readFileSync(join(ROOT, file), "utf8");
  const title = /^# (.+)$/m.exec(text)?.[1]?.replaceAll("`", "") ?? slug;
  const body = withLinks(text.replace(/^# .+\n/m, ""), file, known)
    .replaceAll(/^```mermaid\n([\s\S]*?)^```$/gm, (_, diagram: string) => drawSequence(diagram))
    .replaceAll(
      /^```litmus[^\n]*\n([\s\S]*?)^```$/gm,
      (block, text: string) => `${block}\n\n[Run it in the playground](${playground(text)})`,
    )
    .replaceAll(/^<cmodx-.*>$/gm, (element) => `<div>${element}</div>`);
  const description = firstSentence(body);
  return { slug, title, body, source: file, ...(description === "" ? {} : { description }) };
}

/** Links between files become links between pages; a link to what has no page loses its target. */
function withLinks(text: string, file: string, known: ReadonlyMap<string, string>): string {
  return outsideCode(text, (prose) =>
    prose.replaceAll(/\[([^\][]*(?:\[[^\][]*\][^\][]*)*)\]\(([^)\s]+)\)/g, (whole, label: string, link: string) => {
      if (/^[a-z]+:/.test(link) || link.startsWith("#") || link.startsWith(BASE)) return whole;
      const [path = "", fragment] = link.split("#");
      const target = posix.normalize(posix.join(posix.dirname(file), decodeURIComponent(path)));
      const slug = known.get(target.replace(/\/$/, "")) ?? known.get(posix.join(target, "README.md"));
      if (slug === undefined) return label;
      return `[${label}](${BASE}${slug}/${fragment === undefined ? "" : `#${fragment}`})`;
    }),
  );
}

/** Applies `change` to everything but fenced code. */
function outsideCode(text: string, change: (prose: string) => string): string {
  return text
    .split(/(^```[\s\S]*?^```$)/m)
    .map((piece) => (piece.startsWith("```") ? piece : change(piece)))
    .join("");
}

function firstSentence(body: string): string {
  const prose = body
    .split("\n\n")
    .map((paragraph) => paragraph.trim())
    .find((paragraph) => /^[A-Z_`[]/.test(paragraph) && !paragraph.startsWith("```"));
  const plain = (prose ?? "")
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[`*_]|\\/g, "")
    .replaceAll(/\s+/g, " ");
  return /^.{20,200}?[.:](?=\s|$)/.exec(plain)?.[0]?.replace(/:$/, ".") ?? plain.slice(0, 160);
}
