import { readdirSync, readFileSync } from "node:fs";
import { type LitmusTest, parseLitmus } from "@cmodx/litmus";

const folder = new URL("../../../litmus/", import.meta.url);

/** The project's own tests: name, text, expected verdict from kinds.txt. */
export const ownTests: readonly {
  readonly name: string;
  readonly text: string;
  readonly expected: string | undefined;
}[] = (() => {
  const kinds = new Map<string, string>();
  for (const line of readFileSync(new URL("kinds.txt", folder), "utf8").split("\n")) {
    const [name, kind] = line.trim().split(/\s+/);
    if (name && kind && !name.startsWith("#")) kinds.set(name, kind);
  }
  return readdirSync(folder)
    .filter((file) => file.endsWith(".litmus"))
    .sort()
    .map((file) => {
      const name = file.slice(0, -".litmus".length);
      return { name, text: readFileSync(new URL(file, folder), "utf8"), expected: kinds.get(name) };
    });
})();

export function read(text: string): LitmusTest {
  const parsed = parseLitmus(text);
  if (!parsed.ok)
    throw new Error(parsed.issues.map(({ line, column, message }) => `${line}:${column}: ${message}`).join());
  return parsed.test;
}
