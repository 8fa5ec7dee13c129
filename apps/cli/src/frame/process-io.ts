import { EXIT, type Io } from "./io.js";
import { output } from "./output.js";

/** The real streams, colours and interrupts of this process. */
export function processIo(): Io {
  const [out, note] = [output(1), output(2)];
  return {
    out: (text) => out.write(text),
    note: (text) => note.write(text),
    progress: (text = "") => {
      // Erase the line, then write: a shorter line must not leave the end of a longer one behind.
      if (note.columns !== undefined) note.write(`\r\x1b[K${text.slice(0, note.columns - 1)}`);
    },
    stdin: readStdin,
    columns: out.columns,
    colour: wantsColour(out.columns !== undefined),
    signal: interrupts(),
  };
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** See no-color.org and force-color.org; FORCE_COLOR wins, as it is the more deliberate of the two. */
function wantsColour(terminal: boolean): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no } = process.env;
  if (force !== undefined && force !== "") return force !== "0";
  if (no !== undefined && no !== "") return false;
  return terminal;
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
