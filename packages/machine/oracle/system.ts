import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where programs for qemu-system-arm's board `virt` begin. */
export const start = 0x4020_0000;

/** Runs an image from its first word on, in Hyp or else in Supervisor mode: what it printed by semihosting, byte by byte, or how it failed. */
export function underQemuSystem(image: Uint8Array, hyp = false): string {
  const folder = mkdtempSync(join(tmpdir(), "cmodx-"));
  const file = join(folder, "program");
  writeFileSync(file, image);
  const loader = `loader,file=${file},addr=0x${start.toString(16)},cpu-num=0,force-raw=on`;
  const board = [
    "-M",
    `virt,gic-version=2,virtualization=${hyp ? "on" : "off"}`,
    "-cpu",
    "cortex-a15",
    "-nic",
    "none",
    "-display",
    "none",
    "-semihosting",
  ];
  const { stdout, stderr, status, error } = spawnSync("qemu-system-arm", [...board, "-device", loader], {
    encoding: "latin1",
    timeout: 20_000,
  });
  rmSync(folder, { recursive: true });
  if (error !== undefined && "code" in error && error.code === "ETIMEDOUT") return "no end within 20 seconds";
  if (error) throw new Error(`qemu-system-arm: ${error.message}; install Debian's qemu-system-arm`);
  return status === 0 ? stdout + stderr : `exit ${status}: ${stderr}`;
}
