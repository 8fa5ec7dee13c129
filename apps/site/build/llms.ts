import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "./page.js";

/** llms.txt: what the site is and what each page says, a line each. */
export function writeLlms(pages: readonly Page[], folder: string): void {
  const lines = pages.map(
    ({ slug, title, description }) =>
      `- [${title}](./${slug === "" ? "" : `${slug}/`})${description ? `: ${description}` : ""}`,
  );
  writeFileSync(
    join(folder, "llms.txt"),
    `# cmodx\n\n> May this ARM instruction be changed into that one while other cores execute it? And if not, what must be done?\n\n${lines.join("\n")}\n`,
  );
}
