import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { imagesBelow } from "../src/audit/image-files.js";

test("a directory has its compressed modules too, which would else be missing from its sum unsaid", () => {
  const directory = mkdtempSync(join(tmpdir(), "cmodx-"));
  try {
    const sample = fileURLToPath(new URL("../../../samples/sites-arm.elf", import.meta.url));
    copyFileSync(sample, join(directory, "program"));
    for (const name of ["a.ko", "b.ko.xz", "c.ko.gz", "d.ko.zst", "e.ko.txt", "f.xz", "modules.dep"]) {
      writeFileSync(join(directory, name), "no ELF file");
    }
    const names = imagesBelow(directory).map((path) => path.slice(directory.length + 1));
    expect(names).toEqual(["a.ko", "b.ko.xz", "c.ko.gz", "d.ko.zst", "program"]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
