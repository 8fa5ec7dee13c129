import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test, vi } from "vitest";
import { blocksOf, type Example, examplesOf, runnable } from "./examples.js";

// Every example a reader may copy is run: the `@example` of each docstring, and the `ts` blocks of each README and guide.

const root = fileURLToPath(new URL("..", import.meta.url));
const filesBelow = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending) && !/(^|[\\/])(node_modules|dist|\.cache)[\\/]/.test(file))
    .map((file) => join(folder, file));
const read = (file: string) => readFileSync(join(root, file), "utf8");

const packages = readdirSync(join(root, "packages"));
/** Where an example's imports resolve: its own package, or the command, which depends on every package. */
const scratch = (file: string) =>
  join(root, ...(/^packages[\\/][^\\/]+/.exec(file)?.[0].split(/[\\/]/) ?? ["apps", "cli"]), ".cache", "examples");

/**
 * The entry points of a package whose names an example may use: its index, and the one that the file belongs to, like `node.ts` of
 * elf or the files below `run` of machine.
 */
function homeOf(name: string, file: string): NonNullable<Example["home"]> {
  interface Entry {
    readonly "@cmodx/source"?: string;
  }
  const manifest = JSON.parse(read(join("packages", name, "package.json"))) as { exports: Record<string, Entry> };
  const folder = join("packages", name);
  return Object.entries(manifest.exports).flatMap(([entry, { "@cmodx/source": source }]) => {
    if (source === undefined) return [];
    const path = join(folder, source);
    const own = entry === "." || path === file || (basename(path) === "index.ts" && file.startsWith(join(path, "..")));
    return own ? [{ name: `@cmodx/${name}${entry.slice(1)}`, source: join(root, path) }] : [];
  });
}

const examples: Example[] = [
  ...packages.flatMap((name) =>
    filesBelow(join("packages", name, "src"), ".ts").flatMap((file) =>
      examplesOf(file, read(file), homeOf(name, file)),
    ),
  ),
  ...["README.md", ...filesBelow("docs", ".md"), ...filesBelow("packages", "README.md")].flatMap((file) =>
    blocksOf(file, read(file)),
  ),
];

const used = new Set(examples.map(({ file }) => scratch(file)));
afterAll(() => {
  for (const folder of used) rmSync(folder, { recursive: true, force: true });
});

describe("examples", () => {
  test("there are some", () => expect(examples.length).toBeGreaterThan(0));

  test.each(examples)("$file:$line", async (example) => {
    const folder = scratch(example.file);
    mkdirSync(folder, { recursive: true });
    const name = `${relative("", example.file).replaceAll(/[^a-z0-9]+/gi, "-")}-${example.line}.ts`;
    writeFileSync(join(folder, name), await runnable(example));
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    try {
      await import(join(folder, name));
      if (example.output !== undefined) {
        expect(log.mock.calls.map((values) => `${values.map(String).join(" ")}\n`).join("")).toBe(example.output);
      }
    } finally {
      log.mockRestore();
    }
  });
});
