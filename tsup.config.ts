import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";

// One configuration for every library, run from the package's folder: the entries are the package's own `exports`,
// read through their source condition, so that a new entry point is written down once. Types come from `tsc -b`.
type Target = string | { "@cmodx/source"?: string };
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  exports?: Record<string, Target>;
  cmodx?: { entries?: string[] };
};
const exported = Object.values(manifest.exports ?? {})
  .map((target) => (typeof target === "string" ? undefined : target["@cmodx/source"]))
  .filter((source): source is string => source !== undefined);

export default defineConfig({
  entry: [...exported, ...(manifest.cmodx?.entries ?? [])],
  format: "esm",
  target: "es2023",
  platform: "neutral",
  sourcemap: true,
  splitting: true,
  dts: false,
  // Chunks are named by their content: without this, those of earlier builds would be packed as well. The types stay.
  clean: ["!**/*.d.ts", "!**/*.d.ts.map"],
  silent: true,
});
