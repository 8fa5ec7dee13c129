import { Argument, Command } from "commander";
import { EXIT, type Exit, type Io } from "../frame/io.js";
import { VERBS, type Verb } from "../frame/verbs.js";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

export const verb: Verb = {
  examples: ["source <(cmodx completion bash)", "cmodx completion fish > ~/.config/fish/completions/cmodx.fish"],
  configure(command: Command, io: Io) {
    command.addArgument(new Argument("<shell>", "whose script to print").choices(SHELLS));
    return async (shell: Shell): Promise<Exit> => {
      io.out(SCRIPT[shell](await described(io)));
      return EXIT.good;
    };
  },
};

/** What a shell needs to know of one verb. */
interface Described {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly {
    readonly flag: string;
    readonly description: string;
    readonly choices: readonly string[];
  }[];
}

/** Every verb with its options, read off the same declarations that parse them. */
async function described(io: Io): Promise<Described[]> {
  return Promise.all(
    Object.entries(VERBS).map(async ([name, { summary, load }]) => {
      const command = new Command(name);
      (await load()).verb.configure(command, io);
      const options = command.options.map(({ long, short, description, argChoices }) => ({
        flag: long ?? short ?? "",
        description,
        choices: argChoices ?? [],
      }));
      return { name, summary, options };
    }),
  );
}

const SCRIPT: Readonly<Record<Shell, (verbs: readonly Described[]) => string>> = { bash, zsh, fish };

function bash(verbs: readonly Described[]): string {
  const flags = verbs.map(
    ({ name, options }) => `    ${name}) words="${options.map(({ flag }) => flag).join(" ")} --help" ;;`,
  );
  const values = choicesOf(verbs).map(([flag, choices]) => `    ${flag}) words="${choices.join(" ")}" ;;`);
  return `# cmodx completion for bash: source <(cmodx completion bash)
_cmodx() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  case "\${COMP_WORDS[1]}" in
${flags.join("\n")}
  esac
  case "$before" in
${values.join("\n")}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${verbs.map(({ name }) => name).join(" ")} --help --version"; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  # Nothing of ours fits: it is a file.
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -F _cmodx cmodx
`;
}

function zsh(verbs: readonly Described[]): string {
  const names = verbs.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`);
  const cases = verbs.map(({ name, options }) => {
    const specs = options.map(({ flag, description, choices }) => {
      const value = choices.length > 0 ? `:value:(${choices.join(" ")})` : "";
      return `'${flag}[${quoted(description).replaceAll(/[[\]]/g, "\\$&").replaceAll(":", "\\:")}]${value}'`;
    });
    return `    ${name}) _arguments ${[...specs, "'*:file:_files'"].join(" ")} ;;`;
  });
  return `#compdef cmodx
# cmodx completion for zsh: put it as _cmodx on your $fpath
_cmodx() {
  local -a verbs=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then _describe 'command' verbs; return; fi
  case "$words[2]" in
${cases.join("\n")}
  esac
}
_cmodx "$@"
`;
}

function fish(verbs: readonly Described[]): string {
  const lines = verbs.flatMap(({ name, summary, options }) => [
    `complete -c cmodx -n __fish_use_subcommand -a ${name} -d '${quoted(summary)}'`,
    ...options.map(({ flag, description, choices }) => {
      const value = choices.length > 0 ? ` -x -a '${choices.join(" ")}'` : "";
      return `complete -c cmodx -n '__fish_seen_subcommand_from ${name}' -l ${flag.replace(/^-+/, "")}${value} -d '${quoted(description)}'`;
    }),
  ]);
  return `# cmodx completion for fish\n${lines.join("\n")}\n`;
}

/** The options that take one of a few words, each once: those of one name take the same words everywhere. */
function choicesOf(verbs: readonly Described[]): [flag: string, choices: readonly string[]][] {
  const found = new Map<string, readonly string[]>();
  for (const { options } of verbs) {
    for (const { flag, choices } of options) if (choices.length > 0) found.set(flag, choices);
  }
  return [...found];
}

/** Text inside single quotes of a shell. */
function quoted(text: string): string {
  return text.replaceAll("'", "’");
}
