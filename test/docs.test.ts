import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const below = (folder: string, ending: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending) && !/(^|[\\/])(node_modules|dist|\.cache)[\\/]/.test(file))
    .map((file) => join(folder, file));
const read = (file: string) => readFileSync(join(root, file), "utf8");

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...below("docs", ".md"),
  ...below("packages", "README.md"),
  ...below("samples", ".md"),
];

test("every error code that a package may throw has its section in docs/errors.md", () => {
  const explained = [...read("docs/errors.md").matchAll(/^### (E_[A-Z0-9_]+)$/gm)].map(([, code]) => code);
  const thrown = new Set(
    below("packages", ".ts")
      .filter((file) => /[\\/]src[\\/]/.test(file))
      .flatMap((file) => {
        const withoutComments = read(file).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
        return [...withoutComments.matchAll(/"(E_[A-Z0-9_]+)"/g)].map(([, code]) => code);
      }),
  );
  expect(explained.toSorted()).toEqual([...thrown].toSorted());
});

test.each(pages)("every relative link of %s leads somewhere", (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(([, link]) => link ?? "");
  const broken = links.filter((link) => !existsSync(join(root, dirname(page), link)));
  expect(broken).toEqual([]);
});
