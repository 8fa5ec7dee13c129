// Writes dist/cmodx.1, the manual page of the command, from what it says itself: `--help`, of itself and of each verb.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../dist/cmodx.js", import.meta.url));
const help = (...args) =>
  execFileSync(process.execPath, [command, ...args, "--help"], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
const version = execFileSync(process.execPath, [command, "--version"], { encoding: "utf8" }).trim();

/** Text as roff: nothing in it is a request, an escape or a hyphen to break at. */
const plain = (text) =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll(/^([.'])/gm, "\\&$1");
const verbatim = (text) => `.nf\n${plain(text.trimEnd())}\n.fi\n`;

const main = help();
const verbs = [...main.split(/^Commands:$/m)[1].matchAll(/^ {2}([a-z]+)\s.*?\s{2,}(\S.*)$/gm)].map(([, verb]) => verb);
if (verbs.length < 10) throw new Error(`only ${verbs.length} verbs are in the help`);
const [, purpose] = /^Usage:.*\n\n([\s\S]*?)\n\n/m.exec(main);

const page = [
  `.TH CMODX 1 "" "cmodx ${plain(version)}" "cmodx"\n`,
  `.SH NAME\ncmodx \\- change ARM code while it runs\n`,
  `.SH SYNOPSIS\n.B cmodx\n.I command\n.RI [ options ]\n`,
  `.SH DESCRIPTION\n${plain(purpose)}\n`,
  ".SH COMMANDS\n",
  ...verbs.map((verb) => `.SS ${verb}\n${verbatim(help(verb))}`),
  `.SH EXIT STATUS\n`,
  ...[
    ["0", "done, and the answer is good"],
    [
      "1",
      "done, and the answer is bad: an unsafe edit, a violated property, a finding of level error, a wrong verdict",
    ],
    ["2", "the question could not be answered"],
    ["130", "interrupted; what was known by then has been printed"],
  ].map(([status, meaning]) => `.TP\n.B ${status}\n${plain(meaning)}\n`),
  `.SH ENVIRONMENT\n.TP\n.BR NO_COLOR , FORCE_COLOR\n${plain("whether there are colours; without them the terminal decides")}\n`,
].join("");
writeFileSync(new URL("../dist/cmodx.1", import.meta.url), page);
