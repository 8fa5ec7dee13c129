import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PAGES } from "./paths.js";

/** One page of the site, as Markdown. */
export interface Page {
  /** Its address below the site's root, without slashes at its ends. */
  readonly slug: string;
  readonly title: string;
  /** One plain sentence, for search results and llms.txt. */
  readonly description?: string;
  readonly body: string;
  /** The file of the repository it renders, if it does. */
  readonly source?: string;
  /** Further front matter, such as `template: splash`. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export function writePage({ slug, title, description, body, more = {} }: Page): void {
  const file = join(PAGES, `${slug === "" ? "index" : slug}.md`);
  const front = { title, slug: slug === "" ? "index" : slug, ...(description ? { description } : {}), ...more };
  mkdirSync(dirname(file), { recursive: true });
  // JSON is YAML.
  const lines = Object.entries(front).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  writeFileSync(file, `---\n${lines.join("\n")}\n---\n\n${body}`);
}

export const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Text in a table's cell. */
export const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
