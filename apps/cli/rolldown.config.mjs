// The command as strangers run it: start-up is part of the interface, so a verb loads what it needs and nothing else. Packages are
// read file by file through their source condition, which lets the chunks follow what a verb uses of them, and the output is
// CommonJS, which Node loads without starting its loader of modules.
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { defineConfig } from "rolldown";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const name = (path) => /([^/]+)\.ts$/.exec(path)[1];
const commander = dirname(createRequire(import.meta.url).resolve("commander"));

/** commander can start programs, which we never ask of it: it gets node:child_process, and the network code behind it, when it calls. */
const startsNothing = {
  name: "child-process-when-called",
  resolveId: (id, importer) => (id === "node:child_process" && importer?.startsWith(commander) ? "\0spawn" : null),
  load: (id) =>
    id === "\0spawn"
      ? 'exports.spawn = (...args) => process.getBuiltinModule("node:child_process").spawn(...args);'
      : null,
};

/** What lies beside the code. Chunks are named by their content: without clearing them, those of earlier builds would be packed. */
const beside = {
  name: "beside-the-code",
  buildStart: () => {
    mkdirSync("dist", { recursive: true });
    // The types are the compiler's.
    for (const file of readdirSync("dist")) if (/\.js(\.map|\.compiled)?$/.test(file)) rmSync(join("dist", file));
  },
  writeBundle: () => {
    writeFileSync("dist/package.json", '{ "type": "commonjs" }\n');
    copyFileSync(join(commander, "LICENSE"), "dist/commander.LICENSE");
    for (const file of readdirSync("start"))
      copyFileSync(join("start", file), join("dist", file.replace(/cjs$/, "js")));
    for (const [from, to] of Object.entries(manifest.cmodx.assets)) cpSync(from, `dist/${to}`);
  },
};

const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
/** A text with a character above Latin-1 takes twice the memory and is decoded slowly: a comment's dash is enough. */
const ascii = {
  name: "ascii",
  generateBundle: (_, files) => {
    for (const file of Object.values(files)) {
      if (file.type === "chunk") file.code = file.code.replace(/[^\0-\x7f]/g, escaped);
    }
  },
};

/** What every question about an edit needs is one chunk: a file takes a fifth of a millisecond to find and read, and there were fifteen. */
const ofAnEdit = new RegExp(
  [
    "packages/codec/src/",
    "packages/patching/src/(rules|protocols|edit|units)",
    "apps/cli/src/input/(bytes|edit-options|edits-file|insn|numbers|site-options)",
    "apps/cli/src/text/(layout|paint)",
  ].join("|"),
);

export default defineConfig({
  input: Object.fromEntries(manifest.cmodx.entries.map((path) => [name(path), path])),
  platform: "node",
  external: Object.keys(manifest.peerDependencies),
  resolve: { conditionNames: ["@cmodx/source", "import", "node", "default"] },
  plugins: [startsNothing, ascii, beside],
  output: {
    dir: "dist",
    format: "cjs",
    // What start/compiled.cjs loads cannot import, but require.
    dynamicImportInCjs: false,
    advancedChunks: { groups: [{ name: "edit", test: ofAnEdit }] },
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
  },
});
