// `pnpm bench` without a name: every package's bench in turn, what it prints kept in bench/results.json, and the numbers that have a bar in
// a table, in docs/benchmarks.md. What is slower than its bar is said to be.
//
//   node scripts/bench-report.mjs          makes the table again from bench/results.json, when a bar has changed
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A number that a bench prints, by the text around it, and what it is to be. Of several matches the worst counts. */
const bars = [
  [
    "codec",
    "sweep to fields, beside native Capstone's text",
    /against native Capstone: sweep ([\d.]+)x/g,
    "least",
    10,
    "x",
  ],
  ["codec", "text as bytes, beside native Capstone's", /text as bytes ([\d.]+)x/g, "least", 3, "x"],
  ["codec", "parse and encode", /parse and encode, lines\s+([\d.]+) M\/s/g, "least", 0.3, "M lines/s"],
  ["codec", "import to first decode, the decoder alone", /codec\/decode\s+([\d.]+) ms/g, "most", 10, "ms"],
  ["codec", "import to first decode, everything", /@cmodx\/codec {2,}([\d.]+) ms/g, "most", 10, "ms"],
  ["machine", "compiled, beside qemu-arm: geometric mean", /qemu-arm: geometric mean ([\d.]+)/g, "least", 1, "x"],
  ["machine", "compiled, beside qemu-arm: least", /qemu-arm: geometric mean [\d.]+, least ([\d.]+)/g, "least", 1, "x"],
  ["machine", "compiled, beside Unicorn: geometric mean", /Unicorn: geometric mean ([\d.]+)/g, "least", 4, "x"],
  ["machine", "compiled, beside Unicorn: least", /Unicorn: geometric mean [\d.]+, least ([\d.]+)/g, "least", 4, "x"],
  ["machine", "compiled, with caches", /with caches and store buffers: least ([\d.]+)/g, "least", 100, "M/s"],
  [
    "machine",
    "a declared site's flip, beside qemu-system-arm",
    /qemu-system-arm [\d.]+ us: ([\d.]+)x/g,
    "least",
    50,
    "x",
  ],
  ["machine", "compiled, beside rp2040js", /^compiled\t[\d.]+\t([\d.]+)x/gm, "least", 50, "x"],
  ["machine", "interpreted, beside rp2040js", /^interpreted\t[\d.]+\t([\d.]+)x/gm, "least", 3, "x"],
  ["explore", "a litmus test, median", /litmus tests of .*median ([\d.]+) ms/g, "most", 5, "ms"],
  ["explore", "4 executors x 8 calls", /protocol, 4 executors x 8 calls: .* ([\d.]+) ms/g, "most", 500, "ms"],
  ["explore", "explicit states a second, beside SPIN", /beside spin -w\d+: ([\d.]+)x/g, "least", 1, "x"],
  ["explore", "memory, beside SPIN", /states per second in ([\d.]+) of the memory/g, "most", 0.5, "x"],
  [
    "explore",
    "fewer states with all reductions",
    /reductions.*, all three: \d+ states, ([\d.]+)x fewer/g,
    "least",
    20,
    "x",
  ],
  ["explore", "two workers, beside one", /two workers are ([\d.]+)x one/g, "least", 1.6, "x"],
  [
    "explore",
    "two workers, of what two processes make",
    /two workers make ([\d.]+) of what there is/g,
    "least",
    0.8,
    "x",
  ],
  ["patching", "audit of a vmlinux to JSON", /cmodx audit --json\s+([\d.]+) s/g, "most", 2, "s"],
  ["patching", "its memory", /cmodx audit --json\s+[\d.]+ s\s+(\d+) MB/g, "most", 300, "MB"],
  ["patching", "ahead of objdump -d", /^ *objdump -d .*?([\d.]+)x/gm, "least", 5, "x"],
  ["patching", "ahead of llvm-objdump -d", /llvm-objdump -d .*?([\d.]+)x/g, "least", 5, "x"],
  ["static-keys", "all keys of a vmlinux switched in memory", /in memory: on (\d+) ms/g, "most", 100, "ms"],
  ["ftrace", "all call sites of a vmlinux switched in memory", /records of .* in (\d+) ms/g, "most", 250, "ms"],
  ["ftrace", "a million events of a graph written", /events of a graph as \w+: ([\d.]+) s/g, "most", 3, "s"],
  ["ftrace", "memory for that", /events of a graph as .* (\d+) MB of memory/g, "most", 300, "MB"],
  ["kprobes", "10,000 probes registered in a vmlinux", /register: 10000 probes in ([\d.]+) s/g, "most", 1, "s"],
  ["site", "first load, compressed", /the front page, until it is loaded\s+(\d+) kB/g, "most", 200, "kB"],
  ["site", "the playground ready", /playground ready.*?\s(\d+) ms/g, "most", 1000, "ms"],
  [
    "site",
    "a proof for two executors, asked to drawn with a pause of 200 ms",
    /asked to drawn .*?\)\s+(\d+) ms/g,
    "most",
    700,
    "ms",
  ],
];

/** Runs a bench, shows what it prints, and gives it back. */
function run(root, folder, nodeArgs) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, nodeArgs, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.on("close", (status) => resolve({ folder, status, output }));
  });
}

function measure(name, whole) {
  // The bars are for real code; words drawn at random are the codec's worst case, and no program.
  const [output] = whole.split("drawn A32 words:");
  return bars
    .filter(([bench]) => bench === name)
    .map(([, what, pattern, bound, bar, unit]) => {
      const values = [...output.matchAll(pattern)].map(([, value]) => Number(value));
      const worst = bound === "least" ? Math.min(...values) : Math.max(...values);
      const met = values.length === 0 ? null : bound === "least" ? worst >= bar : worst <= bar;
      return { what, measured: values.length === 0 ? null : worst, bound, bar, unit, met };
    });
}

const verdict = ({ met }) => (met === null ? "not measured here" : met ? "met" : "**not met**");

function page(machine, results) {
  const rows = results.flatMap(({ name, numbers }) =>
    numbers.map(
      (one) =>
        `| ${name} | ${one.what} | ${one.measured === null ? "-" : `${one.measured} ${one.unit}`} | at ${one.bound} ${one.bar} ${one.unit} | ${verdict(one)} |`,
    ),
  );
  const outputs = results.map(({ name, output }) => `## ${name}\n\n\`\`\`text\n${output.trimEnd()}\n\`\`\`\n`);
  return `# Benchmarks

What \`pnpm bench\` has measured: each package beside its peers in the same run, so read the ratios, and the times only beside each other. Of
several measurements of one thing the table has the worst. A peer that was not installed is named in the output as missing.

- ${machine.cores} cores: ${machine.processor}; ${machine.memory} GiB; Node ${machine.node}; ${machine.platform}

| package | what | measured | bar | |
| --- | --- | --- | --- | --- |
${rows.join("\n")}

${outputs.join("\n")}`;
}

/** @param entries - folder and command line of each bench, in turn */
export async function reportBenches(root, entries) {
  const results = [];
  for (const { name, folder, nodeArgs } of entries) {
    console.log(`== ${name}`);
    const { status, output } = await run(root, folder, nodeArgs);
    const plain = output.replaceAll(root, "");
    results.push({ name, status, numbers: measure(name, plain), output: plain });
  }
  const [processor] = cpus();
  const machine = {
    cores: cpus().length,
    processor: processor?.model ?? "unknown",
    memory: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  };
  keep(root, machine, results);
  return results.some(({ status }) => status !== 0) ? 1 : 0;
}

/** Writes the numbers and the page, and prints the table. */
function keep(root, machine, results) {
  const write = (file, text) => {
    writeFileSync(`${file}.tmp`, text);
    renameSync(`${file}.tmp`, file);
  };
  mkdirSync(join(root, "bench"), { recursive: true });
  write(join(root, "bench", "results.json"), `${JSON.stringify({ machine, results }, null, 2)}\n`);
  write(join(root, "docs", "benchmarks.md"), page(machine, results));
  for (const { name, numbers } of results) {
    for (const one of numbers) {
      const measured = one.measured === null ? "-" : `${one.measured} ${one.unit}`;
      console.log(
        `${name.padEnd(12)} ${one.what.padEnd(50)} ${measured.padEnd(14)} at ${one.bound} ${one.bar}  ${verdict(one).replaceAll("*", "")}`,
      );
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const { machine, results } = JSON.parse(readFileSync(join(root, "bench", "results.json"), "utf8"));
  keep(
    root,
    machine,
    results.map((result) => ({ ...result, numbers: measure(result.name, result.output) })),
  );
}
