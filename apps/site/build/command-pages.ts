import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { cell, type Page } from "./page.js";
import { BASE, ROOT } from "./paths.js";
import { commandReadme } from "./repository-pages.js";

const run = promisify(execFile);

async function help(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(ROOT, "apps/cli/dist/cmodx.js"), ...args, "--help"]);
  return stdout;
}

/** A page for each verb, as the built command itself describes it. */
export async function commandPages(): Promise<Page[]> {
  const all = await help();
  const verbs = [...all.matchAll(/^ {2}([a-z]+) {2,}(\S.*(?:\n {10,}\S.*)*)$/gm)]
    .filter(([, name]) => !/^options$/i.test(name!))
    .map(([, name, summary]) => ({ name: name!, summary: summary!.replaceAll(/\s+/g, " ") }))
    .filter(({ name }) => all.indexOf("Commands:") < all.indexOf(`\n  ${name} `));
  const pages = await Promise.all(
    verbs.map(async ({ name, summary }): Promise<Page> => {
      const text = await help(name);
      return {
        slug: `commands/${name}`,
        title: `cmodx ${name}`,
        description: `${summary[0]!.toUpperCase()}${summary.slice(1)}.`,
        body: `${summary[0]!.toUpperCase()}${summary.slice(1)}.\n\n${sections(text)}`,
      };
    }),
  );
  const table = verbs.map(
    ({ name, summary }) => `| [\`cmodx ${name}\`](${BASE}commands/${name}/) | ${cell(summary)} |`,
  );
  return [
    {
      slug: "commands",
      title: "The command",
      description: "Every verb of the command cmodx, with its options and examples.",
      body: `${commandReadme()}\n\n## Verbs\n\n| verb | what |\n| --- | --- |\n${table.join("\n")}\n`,
    },
    ...pages,
  ];
}

/** Usage, arguments and options as the command prints them, examples as a block to copy. */
function sections(text: string): string {
  const [front = "", examples] = text.split(/^Examples:\n/m);
  const said = `\`\`\`text\n${front.trim()}\n\`\`\`\n`;
  if (examples === undefined) return said;
  const lines = examples.split("\n").map((line) => line.replace(/^ {2}\$ /, "").trimEnd());
  return `${said}\n## Examples\n\n\`\`\`sh\n${lines.filter((line) => line !== "").join("\n")}\n\`\`\`\n`;
}
