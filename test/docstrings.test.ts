import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

// Every name that a package exports has a docstring, every parameter of a function too, and every function, class and constant an
// example, which examples.test.ts runs.

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (...path: string[]) => readFileSync(join(root, ...path), "utf8");

interface Declared {
  readonly doc: string;
  readonly isType: boolean;
}

/** What the files of a package export where they declare it, by name; of overloads the first counts. */
function declarations(folder: string): Map<string, Declared> {
  const found = new Map<string, Declared>();
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const exported = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?^export (?:abstract )?(?:async )?(\w+)\*? ([\w$]+)/gm;
  for (const file of files) {
    const text = read(folder, file);
    for (const [, doc = "", kind, name] of text.matchAll(exported)) {
      // A name may be declared twice: as something that one file has for itself, too.
      if (found.get(name!)?.doc) continue;
      found.set(name!, { doc, isType: kind === "interface" || kind === "type" });
    }
  }
  for (const [, own, as] of read(folder, "index.ts").matchAll(/([\w$]+) as ([\w$]+)/g)) {
    const meant = found.get(own!);
    if (meant !== undefined) found.set(as!, meant);
  }
  return found;
}

/** The names that a package's report has of its own, without those that it takes from another package. */
function exportedNames(name: string): string[] {
  const blocks = read("api", `${name}.d.txt`).split(/\n(?=[A-Za-z_$][\w$]*\n)/);
  return blocks.flatMap((block) => {
    const [title = "", first = ""] = block.split("\n");
    return /^[A-Za-z_$][\w$]*$/.test(title) && !/^ *\/\/ \S+ of @cmodx/.test(first) ? [title] : [];
  });
}

/** The parameters of a function's declaration, by name; one that is taken apart has none. */
function parametersOf(signature: string): (string | undefined)[] {
  let depth = 0;
  const parts = [""];
  for (const [i, character] of [...signature].entries()) {
    if ("([{<".includes(character)) depth++;
    if (")]}".includes(character) || (character === ">" && signature[i - 1] !== "=")) depth--;
    if (character === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts.filter((part) => part.trim() !== "").map((part) => /^\s*(?:\.\.\.)?([\w$]+)/.exec(part)?.[1]);
}

/** Functions of a package whose docstring leaves a parameter out. */
function unexplained(name: string, names: ReadonlySet<string>): string[] {
  const folder = join("packages", name, "src");
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  const exported =
    /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*)?^export (?:async )?function\*? ([\w$]+)(?:<[^(]*>)?\(([\s\S]*?)\)(?=:|\s*\{)/gm;
  return files
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => [...read(folder, file).matchAll(exported)])
    .filter(([, doc = "", own = ""]) => names.has(own) && doc !== "")
    .filter(([, doc = "", , signature = ""]) =>
      parametersOf(signature).some((parameter) =>
        parameter === undefined ? !doc.includes("@param ") : !new RegExp(`@param ${parameter}\\b`).test(doc),
      ),
    )
    .map(([, , own]) => own!);
}

describe.each(readdirSync(join(root, "packages")))("@cmodx/%s", (name) => {
  const declared = declarations(join("packages", name, "src"));
  const names = exportedNames(name);

  test("says what each of its names means", () => {
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((one) => !declared.get(one)?.doc)).toEqual([]);
  });

  test("says of each parameter of its functions what it is", () => {
    expect(unexplained(name, new Set(names))).toEqual([]);
  });

  test("shows each function, class and constant in an example", () => {
    expect(names.filter((one) => !declared.get(one)?.isType && !declared.get(one)?.doc.includes("@example"))).toEqual(
      [],
    );
  });
});
