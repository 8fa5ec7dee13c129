import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Built JavaScript of the package's Node entry, and of the benchmark's model with a search of it: workers load files, and cannot load sources. */
export async function built(): Promise<{
  readonly node: string;
  readonly model: string;
  readonly runs: string;
  readonly alone: string;
  readonly part: string;
}> {
  const outDir = mkdtempSync(join(tmpdir(), "cmodx-explore-"));
  await build({
    configFile: false,
    logLevel: "silent",
    resolve: { conditions: ["@cmodx/source"] },
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir,
      minify: false,
      target: "node20",
      rolldownOptions: {
        input: {
          node: here("../src/node.ts"),
          "search-worker": here("../src/search-worker.ts"),
          alone: here("../bench/alone.ts"),
          "litmus-part": here("../bench/litmus-part.ts"),
          "two-halves": here("../bench/two-halves.ts"),
          "worker-runs": here("./worker-runs.ts"),
        },
        output: { entryFileNames: "[name].js", chunkFileNames: "[name].mjs" },
      },
    },
  });
  const url = (name: string): string => pathToFileURL(join(outDir, name)).href;
  writeFileSync(join(outDir, "package.json"), '{ "type": "module" }\n');
  return {
    node: url("node.js"),
    model: url("two-halves.js"),
    runs: join(outDir, "worker-runs.js"),
    alone: join(outDir, "alone.js"),
    part: url("litmus-part.js"),
  };
}
