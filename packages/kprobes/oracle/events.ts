import { readFileSync } from "node:fs";
import { eventErrors, KprobeEvents, Kprobes, listedText, ReturnProbes } from "@cmodx/kprobes";
import { bytesMemory } from "@cmodx/patching";

const functions = ["vfs_read", "do_exit", "kernel_clone"];

/** Errors about $argN and types from BTF, which the test asks for only where the kernel has them: on ARM it has not. */
const elsewhere = ["DOUBLE_ARGS", "NO_BTFARG", "NO_RETVAL"];

/** A kernel with the functions that the self tests name. */
function world(): KprobeEvents {
  const start = 0x80100000;
  const push = [0x10, 0x40, 0x2d, 0xe9];
  const bytes = Uint8Array.from({ length: 64 * functions.length }, (_, i) => push[i % 4]!);
  const text = listedText({
    isa: "a32",
    memory: bytesMemory(start, bytes),
    functions: functions.map((name, i) => ({ name, start: start + 64 * i, size: 64 })),
  });
  const kprobes = new Kprobes(text);
  return new KprobeEvents(kprobes, new ReturnProbes(kprobes, 0, 4), { read: () => undefined, comm: () => "" });
}

/**
 * The lines of the kernel's test of syntax errors: each is a command with a caret where the error log is to point. Where the
 * architecture decides, the comment behind it may name another error, at the same place.
 *
 * @returns how many of our answers differ
 */
export function compareErrors(file: string): number {
  const events = world();
  const lines = readFileSync(file, "utf8").split("\n");
  let [right, wrong, skipped] = [0, 0, 0];
  const write = (command: string) => events.write(command.replaceAll("$FUNCTION_FORK", "kernel_clone"));
  for (const line of lines) {
    const setup = /^(?:echo|printf "%s") "(p:.*)" > kprobe_events/.exec(line)?.[1];
    if (setup !== undefined) {
      for (const name of events.read().split("\n").filter(Boolean)) events.write(`-:${name.split(/[: ]/)[1]}`);
      write(unescaped(setup));
    }
    const [, quote, text, comment = ""] = /^\s*check_error (['"])(.*)\1\s*(?:#\s*(\w+))?/.exec(line) ?? [];
    if (text === undefined) continue;
    if (elsewhere.includes(comment)) {
      skipped++;
      continue;
    }
    const command = (quote === '"' ? unescaped(text) : text).replaceAll("$FUNCTION_FORK", "kernel_clone");
    const caret = command.lastIndexOf("^");
    const before = events.errors;
    const result = write(command.slice(0, caret) + command.slice(caret + 1));
    const logged = events.errors === before ? undefined : events.errors.at(-1);
    const named = comment in eventErrors && !/BAD_INSN_BNDRY/.test(comment) ? logged?.error === comment : true;
    if (!result.ok && logged?.position === caret && named) right++;
    else {
      wrong++;
      console.log(
        `  ${command}: we point at ${logged?.position} for ${logged?.error}, the kernel at ${caret} for ${comment}`,
      );
    }
  }
  console.log(
    `syntax errors: ${right} of ${right + wrong} where the kernel's test points${skipped > 0 ? ` (${skipped} not for ARM)` : ""}`,
  );
  return right === 0 ? 1 : wrong;
}

const unescaped = (text: string): string => text.replace(/\\(["\\$])/g, "$1");
