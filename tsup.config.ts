import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";

// One configuration for every package, run from the package's folder: the entries are the package's own `exports`,
// read through their source condition, so that a new entry point is written down once. Types come from `tsc -b`.
type Target = string | { "@cmodx/source"?: string };
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  exports?: Record<string, Target>;
  bin?: Record<string, string>;
  cmodx?: { entries?: string[] };
};
const exported = Object.values(manifest.exports ?? {})
  .map((target) => (typeof target === "string" ? undefined : target["@cmodx/source"]))
  .filter((source): source is string => source !== undefined);

export default defineConfig({
  entry: [...exported, ...(manifest.cmodx?.entries ?? [])],
  format: "esm",
  target: "es2023",
  platform: manifest.bin === undefined ? "neutral" : "node",
  sourcemap: true,
  splitting: true,
  dts: false,
  clean: false,
  silent: true,
});
