import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ElfError, findTable, mcountTable } from "@cmodx/elf";
import { FileSource, withElfFile } from "@cmodx/elf/node";
import { expect, test } from "vitest";
import { sampleBytes } from "./samples.js";

const path = fileURLToPath(new URL("../../../samples/sites-thumb2.elf", import.meta.url));

test("a file on disk reads as the same bytes as in memory, across block borders too", () => {
  expect(withElfFile(path, (image) => findTable(image, mcountTable)?.length)).toBe(7);
  const self = fileURLToPath(new URL("../../../pnpm-lock.yaml", import.meta.url));
  const all = new Uint8Array(readFileSync(self));
  const source = new FileSource(self);
  expect(source.size).toBe(all.length);
  for (const [offset, length] of [
    [0, 10],
    [65_530, 12],
    [65_536, 4],
    [1000, 70_000],
    [all.length - 3, 3],
    [7, 0],
  ] as const) {
    expect(source.read(offset, length)).toEqual(all.slice(offset, offset + length));
  }
  source.close();
});

test("a path that cannot be read is an ElfError", () => {
  for (const bad of ["no-such-file.elf", fileURLToPath(new URL(".", import.meta.url))]) {
    expect(() => withElfFile(bad, () => 0)).toThrow(ElfError);
  }
  expect(sampleBytes("sites-thumb2.elf").length).toBeGreaterThan(2000);
});

test("only the node entry point needs Node", () => {
  const src = new URL("../src/", import.meta.url);
  const needing = readdirSync(src).filter((name) =>
    /^(import|export) .*from "node:/m.test(readFileSync(new URL(name, src), "utf8")),
  );
  expect(needing).toEqual(["node.ts"]);
});
