import { EXIT, type Io } from "./io.js";

/** The real streams, colours and interrupts of this process. */
export function processIo(): Io {
  quietPipes();
  return {
    out: (text) => void process.stdout.write(text),
    note: (text) => void process.stderr.write(text),
    progress: (text = "") => {
      // Erase the line, then write: a shorter line must not leave the end of a longer one behind.
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text.slice(0, process.stderr.columns - 1)}`);
    },
    stdin: readStdin,
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    colour: wantsColour(),
    signal: interrupts(),
  };
}

/** A reader that has seen enough closes the pipe (`cmodx audit … | head`): that is its right and no error. */
function quietPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(process.exitCode ?? EXIT.good);
      throw error;
    });
  }
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** See no-color.org and force-color.org; FORCE_COLOR wins, as it is the more deliberate of the two. */
function wantsColour(): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no } = process.env;
  if (force !== undefined && force !== "") return force !== "0";
  if (no !== undefined && no !== "") return false;
  return process.stdout.isTTY === true;
}

/** The first Ctrl-C asks work to stop and say what it knows; the second ends the process where it is. */
function interrupts(): AbortSignal {
  const controller = new AbortController();
  process.on("SIGINT", () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  });
  return controller.signal;
}
