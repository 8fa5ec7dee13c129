// Tries each package as a stranger would: packed, installed by npm in an empty project with nothing else, its README's examples run, it
// required from CommonJS, bundled by Vite, that opened in a browser; and the command by npx.
//
//   npx tsx tools/try-packages.ts [PACKAGE…]        needs a build
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transformWithOxc } from "vite";
import { blocksOf } from "../test/examples.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "cmodx-try-"));

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}
const folders = ["packages", "apps"]
  .flatMap((floor) => readdirSync(join(root, floor)).map((name) => join(root, floor, name)))
  .filter((folder) => !manifestOf(folder).private);

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** The packed file of each package, by name. */
function pack(): Map<string, string> {
  const packed = new Map<string, string>();
  for (const folder of folders) {
    const out = execFileSync("pnpm", ["pack", "--pack-destination", work, "--json"], { cwd: folder, encoding: "utf8" });
    packed.set(manifestOf(folder).name, (JSON.parse(out) as { filename: string }).filename);
  }
  return packed;
}

/** What a package needs of this workspace, itself included. */
function closure(name: string, into = new Set<string>()): Set<string> {
  if (into.has(name)) return into;
  into.add(name);
  const folder = folders.find((one) => manifestOf(one).name === name)!;
  for (const other of Object.keys(manifestOf(folder).dependencies ?? {})) {
    if (folders.some((one) => manifestOf(one).name === other)) closure(other, into);
  }
  return into;
}

const problems: string[] = [];
function run(project: string, what: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });
  if (status !== 0) problems.push(`${what}: exit ${status}\n${stderr}`);
  return stdout;
}

/** What a page with the module becomes in a browser; undefined where there is none. */
function inBrowser(project: string, module: string): string | undefined {
  const page = join(project, "page.html");
  writeFileSync(page, `<body></body><script type="module">${module.replaceAll("</script", "<\\/script")}</script>`);
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000", "--dump-dom", page];
  const { error, stdout } = spawnSync("chromium", args, { encoding: "utf8", maxBuffer: 2 ** 26 });
  return error === undefined ? stdout.replace(/<script[\s\S]*<\/script>\s*/, "") : undefined;
}

async function tryPackage(folder: string, packed: ReadonlyMap<string, string>): Promise<string> {
  const { name, exports } = manifestOf(folder);
  const project = join(work, name.replace("/", "-"));
  mkdirSync(project);
  const overrides = Object.fromEntries([...closure(name)].map((one) => [one, `file:${packed.get(one)}`]));
  const manifest = {
    name: "stranger",
    private: true,
    type: "module",
    dependencies: { [name]: overrides[name] },
    overrides,
  };
  // npm wants what is asked for directly left out of the overrides.
  delete manifest.overrides[name];
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent"], { cwd: project });
  const foreign = readdirSync(join(project, "node_modules"), { withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "@cmodx" && entry.name !== name,
    )
    .map((entry) => entry.name);
  if (exports !== undefined && foreign.length > 0) problems.push(`${name} brings ${foreign.join(", ")}`);
  const done: string[] = [];
  cpSync(join(root, "samples"), join(project, "samples"), { recursive: true });
  // Examples that use what they do not bring are about several packages, and are run with the whole repository.
  const examples = blocksOf("README.md", readFileSync(join(folder, "README.md"), "utf8")).filter(({ code }) =>
    [...code.matchAll(/from "(@cmodx\/[^/"]+|cmodx)/g)].every(
      ([, one]) => overrides[one!] !== undefined || one === name,
    ),
  );
  for (const [i, { code, output }] of examples.entries()) {
    const file = join(project, `example${i}.mjs`);
    writeFileSync(file, (await transformWithOxc(code, "example.ts")).code);
    const printed = run(project, `${name}: example at line ${examples[i]!.line}`, [file]);
    if (output !== undefined && printed.trimEnd() !== output.trimEnd())
      problems.push(`${name}: example prints\n${printed}`);
  }
  done.push(`${examples.length} examples`);
  if (exports !== undefined) {
    const entries = Object.keys(exports).filter((entry) => !entry.endsWith(".json"));
    for (const entry of entries) {
      const path = name + entry.slice(1);
      // ES modules can be required since Node 20.19.
      run(project, `${path}: require`, [
        "--no-warnings",
        "-e",
        `if (Object.keys(require("${path}")).length === 0) throw new Error("empty")`,
      ]);
    }
    const tell = 'typeof document === "undefined" ? console.log(told) : (document.body.textContent = told)';
    writeFileSync(
      join(project, "entry.js"),
      `import * as all from "${name}"; const told = "exports: " + Object.keys(all).length; ${tell};`,
    );
    await build({
      root: project,
      logLevel: "silent",
      build: {
        lib: { entry: join(project, "entry.js"), formats: ["es"], fileName: "bundle" },
        outDir: join(project, "bundle"),
      },
    });
    const bundle = join(project, "bundle", "bundle.js");
    const told = run(project, `${name}: bundled by Vite`, [bundle]).trim();
    done.push(`${entries.length} required`, "bundled");
    const shown = inBrowser(project, readFileSync(bundle, "utf8"));
    if (shown !== undefined && !shown.includes(`<body>${told}</body>`))
      problems.push(`${name}: a page shows\n${shown.slice(0, 400)}`);
    done.push(shown === undefined ? "no chromium to open a page in" : "in a page");
  } else {
    const args = ["--no-install", name, "demo"];
    const { status, stdout, stderr } = spawnSync("npx", args, {
      cwd: project,
      encoding: "utf8",
    });
    if (status !== 0) problems.push(`npx ${name} demo: exit ${status}\n${stdout}${stderr}`);
    done.push("npx demo");
  }
  return `${name}: ${done.join(", ")}`;
}

try {
  const packed = pack();
  const wanted = process.argv.slice(2);
  for (const folder of folders) {
    if (wanted.length > 0 && !wanted.includes(manifestOf(folder).name)) continue;
    process.stdout.write(`${await tryPackage(folder, packed)}\n`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
