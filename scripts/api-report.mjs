// What each package exports, with its types and without its words, in api/NAME.d.txt: a change of the public interface is then a change
// that a reviewer sees.
//
//   node scripts/api-report.mjs            compares, exit 1 where they differ; needs the declarations of `tsc -b`
//   node scripts/api-report.mjs --write    writes them anew
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const write = process.argv.includes("--write");

/** The statements of a declaration file, comments left out: what stands between one and the next at the outermost level. */
function statements(text) {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "").replace(/\n\s*\n/g, "\n");
  const found = [];
  let [depth, start] = [0, 0];
  for (let i = 0; i < code.length; i++) {
    if ("{([".includes(code[i])) depth++;
    else if ("})]".includes(code[i])) depth--;
    const ends =
      depth === 0 &&
      (code[i] === ";" ||
        (code[i] === "}" && /^\s*\n\s*(export|import|declare|interface|type|$)/.test(code.slice(i + 1))));
    if (!ends) continue;
    found.push(code.slice(start, i + 1).trim());
    start = i + 1;
  }
  return found.filter((statement) => statement !== "" && statement !== ";");
}

const named = /^(?:export )?(?:declare )?(?:abstract )?(?:function|class|interface|type|const|let|enum) ([\w$]+)/;
const files = new Map();

/** What a declaration file exports: name to the statements that declare it, overloads together. */
function exportsOf(file) {
  const known = files.get(file);
  if (known !== undefined) return known;
  const exported = new Map();
  files.set(file, exported);
  const local = new Map();
  const from = (path) =>
    path.startsWith(".") ? exportsOf(join(dirname(file), path.replace(/\.js$/, ".d.ts"))) : undefined;
  const imports = new Map();
  for (const statement of statements(readFileSync(file, "utf8"))) {
    const moved = /^(export|import)(?: type)? \{([^}]*)\}(?: from "([^"]+)")?;$/.exec(
      statement.replaceAll(/\s+/g, " "),
    );
    if (moved !== null) {
      const [, how, list, path] = moved;
      for (const item of list.split(",").map((one) => one.trim().replace(/^type /, ""))) {
        if (item === "") continue;
        const [name, as = name] = item.split(" as ");
        const lines = path === undefined ? (local.get(name) ?? imports.get(name)) : from(path)?.get(name);
        (how === "export" ? exported : imports).set(as, lines ?? [`// ${name} of ${path}`]);
      }
      continue;
    }
    const all = /^export \* from "([^"]+)";$/.exec(statement);
    if (all !== null) for (const [name, lines] of from(all[1]) ?? []) exported.set(name, lines);
    const name = named.exec(statement)?.[1];
    if (name === undefined) continue;
    const lines = [...(local.get(name) ?? []), statement.replace(/^export (declare )?/, "")];
    local.set(name, lines);
    if (statement.startsWith("export ")) exported.set(name, lines);
  }
  return exported;
}

/** Members that nobody outside can see say nothing. */
const shown = (statement) => statement.replaceAll(/^\s*(#private;|private .*)\n/gm, "").replaceAll(/\t| {4}/g, "  ");

let different = 0;
mkdirSync(join(root, "api"), { recursive: true });
for (const folder of readdirSync(join(root, "packages"))) {
  const base = join(root, "packages", folder);
  const { name, exports } = JSON.parse(readFileSync(join(base, "package.json"), "utf8"));
  const entries = Object.entries(exports).filter(([, target]) => target.types !== undefined);
  const report = entries.map(([entry, { types }]) => {
    const all = [...exportsOf(join(base, types))].sort(([a], [b]) => (a < b ? -1 : 1));
    const lines = all.map(([as, statements]) => `${as}\n${statements.map(shown).join("\n").replaceAll(/^/gm, "  ")}\n`);
    return `${name}${entry.slice(1)}: ${all.length} names\n\n${lines.join("\n")}`;
  });
  const file = join(root, "api", `${folder}.d.txt`);
  const text = report.join("\n");
  if (write) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
    different++;
    console.error(`the interface of ${name} is not what api/${folder}.d.txt says`);
  }
}
if (different > 0) console.error("look at what changed, then: node scripts/api-report.mjs --write");
process.exitCode = different > 0 ? 1 : 0;
