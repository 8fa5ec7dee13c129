// Loads the command's chunks, each with the code that scripts/compile-cache.mjs has compiled of it, where V8 still takes that: it
// refuses what another version has made. Half of the start-up of `cmodx check` was compiling. Chunks are found beside this file,
// without Node's search for modules, which asks the file system a dozen times for each.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { Script } = require("node:vm");

const loaded = new Map();
/** What has been compiled, by chunk: the build keeps it. */
const scripts = new Map();

/** The exports of a chunk. */
function load(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(name, module);
  const filename = join(__dirname, name);
  const script = new Script(
    `(function (require, module, exports, __filename, __dirname) {${readFileSync(filename, "utf8")}\n})`,
    {
      filename,
      cachedData: compiled(filename),
    },
  );
  scripts.set(name, script);
  script.runInThisContext()(wanted, module, module.exports, filename, __dirname);
  return module.exports;
}

function wanted(name) {
  return name.startsWith("./") ? load(name.slice(2)) : require(name);
}

function compiled(filename) {
  try {
    return readFileSync(`${filename}.compiled`);
  } catch {
    return undefined;
  }
}

module.exports = { load, scripts };
