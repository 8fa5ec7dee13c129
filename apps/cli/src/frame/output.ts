import { fstatSync, statSync, writeSync } from "node:fs";
import { EXIT } from "./io.js";

/** Standard output or error. */
export interface Output {
  write(text: string | Uint8Array): void;
  /** Columns where it is a terminal. */
  readonly columns: number | undefined;
}

/**
 * Standard output or error, without Node's stream where it is no terminal: making the stream costs a start-up of milliseconds, and
 * a write to a file or a pipe waits until it is done either way.
 */
export function output(descriptor: 1 | 2): Output {
  const stream = mayBeTerminal(descriptor) ? (descriptor === 1 ? process.stdout : process.stderr) : undefined;
  if (!stream?.isTTY) return { write: (text) => writeAll(descriptor, text), columns: undefined };
  return {
    write: (text) => void stream.write(text),
    get columns() {
      return stream.columns;
    },
  };
}

/** A character device, and not the one that is there to be ignored. */
function mayBeTerminal(descriptor: number): boolean {
  try {
    const status = fstatSync(descriptor);
    return status.isCharacterDevice() && status.rdev !== statSync("/dev/null").rdev;
  } catch {
    return true;
  }
}

function writeAll(descriptor: number, text: string | Uint8Array): void {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(descriptor, bytes, done);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      // Whoever shares the pipe made it non-blocking, and it is full: a moment later it is not.
      if (code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      // A reader that has seen enough closes the pipe (`cmodx audit … | head`): that is its right and no error.
      else if (code === "EPIPE") process.exit(process.exitCode ?? EXIT.good);
      else throw cause;
    }
  }
}
