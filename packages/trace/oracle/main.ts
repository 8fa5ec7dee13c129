// `pnpm oracle trace FILE…`: texts that a kernel's `trace` file has shown, read into a recording and printed again: the same text must come
// out. A file may hold several, one after another, with lines of its own before each.
import { readFileSync } from "node:fs";
import { type Circumstances, type TraceEntry, traceText } from "@cmodx/trace";

const line = /^ *(\S.*?)-(\d+) +\[(\d+)\] (.)(.)(.)(.)(.) +(\d+)\.(\d{6}): (.*)$/;

function entryOf(text: string): TraceEntry {
  const [, comm = "", pid, core, irqs, resched, context, preempt, migrate, seconds, micros, what = ""] =
    line.exec(text) ?? [];
  if (core === undefined) throw new Error(`no line of a trace: ${text}`);
  const circumstances = {
    ...(irqs === "." ? {} : { irqs }),
    ...(resched === "." ? {} : { resched }),
    ...(context === "." ? {} : { context }),
    ...(preempt === "." ? {} : { preemptDepth: Number.parseInt(preempt!, 16) }),
    ...(migrate === "." ? {} : { migrateDepth: Number.parseInt(migrate!, 16) }),
  } as Circumstances;
  const time = Number(seconds) * 1e9 + Number(micros) * 1000;
  const moment = { core: Number(core), time, task: { comm, pid: Number(pid) }, circumstances };
  const [, name, parent] = /^(\S+) <-(\S+)$/.exec(what) ?? [];
  if (name !== undefined) return { ...moment, kind: "function", name, parent: parent! };
  const [, event = "", rest = ""] = /^(\S+?): (.*)$/.exec(what) ?? [];
  return { ...moment, kind: "event", name: event, text: rest };
}

let different = 0;
for (const file of process.argv.slice(2)) {
  const texts = readFileSync(file, "utf8").split(/^(?=# tracer: )/m);
  for (const text of texts) {
    const [, tracer = "", inBuffer, written, cores] =
      /^# tracer: (\S+)\n#\n# entries-in-buffer\/entries-written: (\d+)\/(\d+) +#P:(\d+)\n/.exec(text) ?? [];
    if (cores === undefined) continue;
    const all = text.trimEnd().split("\n");
    const begins = all.findIndex((one) => !one.startsWith("#"));
    // A comment behind the first entry is the file's own: it stands before the next text.
    const theirs = all.filter((one, i) => i < begins || !one.startsWith("#"));
    const lines = theirs.slice(begins);
    const count = { inBuffer: Number(inBuffer), written: Number(written) };
    const again = [...traceText({ tracer, cores: Number(cores), entries: lines.map(entryOf), count })].join("");
    const ours = again.trimEnd().split("\n");
    const wrong = theirs.filter((one, i) => one !== ours[i]).length + Math.abs(theirs.length - ours.length);
    different += wrong;
    console.log(`${file}: ${tracer}, ${theirs.length} lines, ${wrong} different`);
    const first = theirs.findIndex((one, i) => one !== ours[i]);
    if (wrong > 0) console.log(`  ${theirs[first]}\n  ${ours[first]}`);
  }
}
process.exitCode = different > 0 ? 1 : 0;
