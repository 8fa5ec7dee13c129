// Writes beside each chunk that `cmodx check` loads what V8 has compiled of it, functions that ran among it: see start/compiled.cjs.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import module, { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const edit = ["check", "--isa", "t32", "--at", "0x8000", "--from", "nop.w", "--to", "b.w 0x9000"];

if (process.argv[2] !== "check") {
  // Where Node keeps compiled code by itself, the package's is not asked for.
  if (module.enableCompileCache === undefined) {
    const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...edit], { stdio: "ignore" });
    if (status !== 1) throw new Error(`cmodx ${edit.join(" ")}: exit ${status}, where 1 was expected`);
  }
} else {
  const { load, scripts } = createRequire(import.meta.url)(join(dist, "compiled.js"));
  process.on("exit", () => {
    for (const [name, script] of scripts) writeFileSync(join(dist, `${name}.compiled`), script.createCachedData());
  });
  load("main.js");
}
