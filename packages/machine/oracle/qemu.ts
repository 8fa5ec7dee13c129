import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Outcome, Snippet, State } from "./snippet.js";

const stateWords = 15 + 3 + 64;
const requestBytes = 4 * stateWords + 8 + 64;
const answerBytes = 4 * stateWords + 8;

/** qemu-arm running the harness, which is built when this is made. */
export class Qemu {
  readonly #folder = mkdtempSync(join(tmpdir(), "cmodx-"));
  readonly #program = join(this.#folder, "harness");

  constructor() {
    const source = fileURLToPath(new URL("harness.c", import.meta.url));
    const built = spawnSync("arm-linux-gnueabihf-gcc", ["-static", "-marm", "-O1", "-o", this.#program, source], {
      encoding: "utf8",
    });
    if (built.status !== 0)
      throw new Error(
        `the harness was not built (Debian gcc-arm-linux-gnueabihf): ${built.error?.message ?? built.stderr}`,
      );
  }

  run(snippets: readonly Snippet[]): Outcome[] {
    const input = Buffer.alloc(requestBytes * snippets.length);
    snippets.forEach(({ isa, bytes, seed, before }, i) => {
      const at = requestBytes * i;
      const words = [...before.r.slice(0, 15), 0, before.cpsr, before.fpscr, ...before.words, seed, bytes.length];
      // The pc of the state is where the harness enters it: bit 0 chooses Thumb.
      words[15] = 0x60002000 | (isa === "t32" ? 1 : 0);
      words.forEach((word, k) => {
        input.writeInt32LE(word | 0, at + 4 * k);
      });
      input.set(bytes, at + 4 * words.length);
    });
    const { status, stdout, error, signal, stderr } = spawnSync("qemu-arm", ["-cpu", "max", this.#program], {
      input,
      maxBuffer: 2 ** 30,
    });
    if (error) throw new Error(`qemu-arm: ${error.message}; install Debian's qemu-user`);
    if (status !== 0 || stdout.length !== answerBytes * snippets.length)
      throw new Error(
        `qemu-arm ended with ${status ?? signal} after ${stdout.length / answerBytes} snippets: ${stderr}`,
      );
    return snippets.map((_, i) => {
      const word = (k: number): number => stdout.readInt32LE(answerBytes * i + 4 * k);
      const after: State = {
        r: Array.from({ length: 16 }, (_, k) => word(k)),
        cpsr: word(16),
        fpscr: word(17),
        words: Array.from({ length: 64 }, (_, k) => word(18 + k)),
      };
      return { after, signal: word(stateWords), memory: word(stateWords + 1) };
    });
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
