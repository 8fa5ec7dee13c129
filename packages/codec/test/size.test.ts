import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

/** Bytes of an entry as a page would load it: bundled, minified, packed by gzip. */
async function packed(entry: string): Promise<number> {
  const made = await build({
    entryPoints: [new URL(`../src/${entry}.ts`, import.meta.url).pathname],
    bundle: true,
    minify: true,
    format: "esm",
    conditions: ["@cmodx/source"],
    write: false,
  });
  return gzipSync(made.outputFiles[0]!.contents, { level: 9 }).length;
}

describe("what the entries weigh", () => {
  // Floating-point and Advanced SIMD are in all of them.
  it.each([
    ["entry-decode", 20_000],
    ["entry-format", 45_000],
    ["index", 80_000],
  ])("%s packs to at most %d bytes", async (entry, limit) => {
    const bytes = await packed(entry);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThanOrEqual(limit);
  });
});
