import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const command = join(root, "apps", "cli", "dist", "cmodx.js");

/** Runs the built command through a shell, from the repository's root; `args` may hold quotes, pipes and redirections. */
export function runCommand(args: string): Promise<{ stdout: string; stderr: string; exit: number }> {
  const env = { PATH: process.env["PATH"], NODE: process.execPath, CMODX: command };
  return new Promise((resolve) => {
    const shell = ["-c", `"$NODE" "$CMODX" ${args}`];
    const child = execFile("sh", shell, { cwd: root, encoding: "utf8", env }, (_, stdout, stderr) =>
      resolve({ stdout, stderr, exit: child.exitCode ?? -1 }),
    );
  });
}
