import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { describeError } from "./errors.js";
import { EXIT, type Exit, type Io } from "./io.js";
import { VERBS, type Verb } from "./verbs.js";

/**
 * Runs the command with `args` (without node and script) and returns the exit status. Never throws: an error becomes one
 * line on the note stream.
 */
export async function main(args: readonly string[], io: Io): Promise<Exit> {
  const name = args.find((arg) => !arg.startsWith("-"));
  let exit: Exit = EXIT.good;
  const program = frame(new Command("cmodx"), io)
    .description("May this ARM instruction be changed into that one while other cores execute it? And if not, how?")
    .option("-V, --version", "print the version")
    .on("option:version", () => io.out(`${version()}\n`))
    .helpCommand(false)
    .addHelpText("after", "\nRun `cmodx <command> --help` for a command's options and examples.");
  try {
    for (const [verbName, { summary, load }] of Object.entries(VERBS)) {
      const command = frame(program.command(verbName), io).description(summary);
      if (verbName !== name) continue;
      const { verb } = await load();
      setUp(command, verb, io, (status) => {
        exit = status;
      });
    }
    // Neither a question nor a mistake: without a verb there is help to give, or the version was all that was asked.
    if (name === undefined) program.action(() => (program.opts()["version"] ? undefined : program.help()));
    await program.parseAsync([...args], { from: "user" });
    return io.signal.aborted ? EXIT.interrupted : exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.good;
    if (io.signal.aborted) return EXIT.interrupted;
    io.note(`cmodx: ${describeError(error, name)}\n`);
    return EXIT.unanswered;
  }
}

function setUp(command: Command, verb: Verb, io: Io, done: (exit: Exit) => void): void {
  const action = verb.configure(command, io);
  command.addHelpText("after", `\nExamples:\n${verb.examples.map((line) => `  $ ${line}\n`).join("")}`);
  command.action(async (...parsed) => done(await action(...(parsed as never[]))));
}

/** Errors come back as exceptions, and nothing writes to the process's own streams. */
function frame(command: Command, io: Io): Command {
  const width = () => Math.min(io.columns ?? 100, 100);
  return command
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: () => {}, getOutHelpWidth: width });
}

export function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return manifest.version;
}
