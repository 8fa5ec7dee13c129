// Brings the kernel's own test cases for ARM kprobes, as an oracle for @cmodx/kprobes: Debian's linux-source, arch/arm/probes
// unpacked, test-arm.c and test-thumb.c compiled, and every case read from the object files.
//
//   node scripts/kprobes-cases.mjs           (Debian or Ubuntu; apt-get, dpkg-deb, tar, arm-linux-gnueabihf-gcc; 140 MB to download)
//   node scripts/kprobes-cases.mjs --package linux-source-6.12
//
// Prints one line of JSON on stdout: { source, cases }, the folders of arch/arm/probes and of the cases; what is there is kept.
// All of it lies below real-inputs/, which git ignores: the kernel's files are the kernel's, and nothing made of them is ours.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({ options: { package: { type: "string", default: "linux-source-6.1" } } });
const root = join(dirname(dirname(fileURLToPath(import.meta.url))), "real-inputs", ".kprobes", options.package);
const source = join(root, "source");
const probes = join(source, "arch", "arm", "probes");

const syntaxErrors = "tools/testing/selftests/ftrace/test.d/kprobe/kprobe_syntax_errors.tc";
const wanted = ["arch/arm/probes/*", "arch/arm/include/asm/probes.h", syntaxErrors];

/** Says what went wrong and what to do, and ends. */
function fail(what, remedy) {
  console.error(`kprobes-cases: ${what}; ${remedy}`);
  process.exit(2);
}

function run(command, args, cwd = root) {
  const { status, error, stderr } = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 1 << 28 });
  if (error)
    fail(`${command}: ${error.message}`, "install it: this needs Debian or Ubuntu with gcc-arm-linux-gnueabihf");
  if (status !== 0)
    fail(
      `${command} ${args[0]} failed: ${stderr.trim().split("\n").slice(0, 3).join(" | ")}`,
      "see above, and run again",
    );
}

/** The package holds one tar in another; pipes, because whole it is 1.3 GB. */
async function unpack(deb, into) {
  const stages = [
    ["dpkg-deb", ["--fsys-tarfile", deb]],
    ["tar", ["-xO", "--wildcards", "./usr/src/linux-source-*.tar.xz"]],
    ["tar", ["-xJ", "-C", into, "--strip-components=1", "--wildcards", ...wanted.map((path) => `*/${path}`)]],
  ].map(([command, args], i, all) =>
    spawn(command, args, {
      stdio: [i === 0 ? "ignore" : "pipe", i === all.length - 1 ? "inherit" : "pipe", "inherit"],
    }),
  );
  for (let i = 1; i < stages.length; i++) stages[i - 1].stdout.pipe(stages[i].stdin);
  const codes = await Promise.all(stages.map((stage) => new Promise((done) => stage.on("close", done))));
  if (codes.some((code) => code !== 0)) fail(`cannot unpack ${deb}`, "delete it and run again");
}

async function bringSource() {
  if (existsSync(join(source, syntaxErrors))) return;
  const debs = join(root, "deb");
  mkdirSync(debs, { recursive: true });
  const found = () => readdirSync(debs).find((name) => name.endsWith(".deb"));
  if (found() === undefined) run("apt-get", ["-o", "APT::Sandbox::User=root", "download", options.package], debs);
  const unpacked = join(root, "unpacking");
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked);
  await unpack(join(debs, found()), unpacked);
  rmSync(source, { recursive: true, force: true });
  renameSync(unpacked, source);
}

/** What the test files need of the kernel's headers: names for the compiler, nothing that decides a case. */
const stub = `
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32;
struct pt_regs;
typedef _Bool bool;
#define __stringify_1(x...) #x
#define __stringify(x...) __stringify_1(x)
#define no_printk(...) do {} while (0)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define __used __attribute__((used))
#define CPU_ARCH_ARMv7 9
#define cpu_architecture() CPU_ARCH_ARMv7
#define __inst_arm(x) ".long " __stringify(x)
#define __inst_thumb16(x) ".short " __stringify(x)
#define __inst_thumb32(x) ".short (" __stringify(x) " >> 16), (" __stringify(x) " & 0xffff)"
#define BUG() __builtin_trap()
#define PSR_A_BIT 0x100
#define PSR_F_BIT 0x40
`;

/** Compiles one test file with empty headers in place of those it includes. */
function compile(name, flags) {
  const build = join(root, "build");
  for (const folder of ["linux", "asm"]) mkdirSync(join(build, "include", folder), { recursive: true });
  const text = readFileSync(join(probes, "kprobes", `${name}.c`), "utf8");
  for (const [, header] of text.matchAll(/#include <((?:linux|asm)\/[\w/]+\.h)>/g))
    if (header !== "asm/probes.h") writeFileSync(join(build, "include", header), "");
  writeFileSync(join(build, "stub.h"), stub);
  const object = join(build, `${name}.o`);
  const common = [
    "-c",
    "-O2",
    "-std=gnu11",
    "-w",
    "-nostdinc",
    "-march=armv7-a",
    "-mfloat-abi=soft",
    "-D__LINUX_ARM_ARCH__=7",
    "-DCONFIG_CPU_V7",
  ];
  const places = [
    "-include",
    join(build, "stub.h"),
    "-I",
    join(build, "include"),
    "-I",
    join(source, "arch/arm/include"),
    join(probes, "kprobes", `${name}.c`),
  ];
  run("arm-linux-gnueabihf-gcc", [...common, ...flags, ...places, "-o", object]);
  return readFileSync(object);
}

/** Just enough of ELF32 for an object file: sections, symbols, relocations. */
function readObject(bytes) {
  const u32 = (at) => bytes.readUInt32LE(at);
  const [table, size, count] = [u32(32), bytes.readUInt16LE(46), bytes.readUInt16LE(48)];
  const sections = Array.from({ length: count }, (_, i) => {
    const at = table + i * size;
    const [name, type, , , offset, length, link, info] = Array.from({ length: 8 }, (_, k) => u32(at + 4 * k));
    return { name, type, data: bytes.subarray(offset, offset + length), link, info };
  });
  const text = (strings, at) => strings.toString("latin1", at, strings.indexOf(0, at));
  const symbols = sections.find(({ type }) => type === 2);
  const strings = sections[symbols.link].data;
  const relocations = sections
    .filter(({ type }) => type === 9)
    .flatMap(({ data, info }) =>
      Array.from({ length: data.length / 8 }, (_, i) => {
        const what = data.readUInt32LE(8 * i + 4);
        const symbol = 16 * (what >>> 8);
        return {
          section: info,
          offset: data.readUInt32LE(8 * i),
          name: text(strings, symbols.data.readUInt32LE(symbol)),
          value: symbols.data.readUInt32LE(symbol + 4),
          target: symbols.data.readUInt16LE(symbol + 14),
        };
      }),
    );
  return { sections, relocations, text };
}

/** The cases of one object file: after each call of the start function lie a title, arguments of 8 bytes, and the code. */
function cases(bytes) {
  const { sections, relocations, text } = readObject(bytes);
  const titles = new Map(relocations.map((entry) => [`${entry.section} ${entry.offset}`, entry]));
  const starts = relocations.filter(({ name }) => name === "__kprobes_test_case_start");
  return starts.map(({ section, offset }) => {
    const { data } = sections[section];
    let at = offset + 4;
    const title = titles.get(`${section} ${at}`);
    const name = text(sections[title.target].data, title.value + data.readUInt32LE(at));
    const registers = [];
    for (at += 4; data[at] !== 0; at += 8) registers.push([data[at], data[at + 1], data.readUInt32LE(at + 4)]);
    const flags = data[at + 1];
    const code = at + 8 + data.readUInt16LE(at + 2);
    const thumb = (flags & 0x10) !== 0;
    const half = (where) => data.readUInt16LE(where);
    // The instruction under test is behind one NOP, in its own instruction set.
    const insn = code + (thumb && half(code) < 0xe800 ? 2 : 4);
    const word = !thumb
      ? data.readUInt32LE(insn)
      : half(insn) < 0xe800
        ? half(insn)
        : half(insn) * 65536 + half(insn + 2);
    return { title: name, isa: thumb ? "t32" : "a32", word, rejected: (flags & 1) !== 0, registers };
  });
}

mkdirSync(root, { recursive: true });
await bringSource();
const file = join(root, "cases.json");
if (!existsSync(file)) {
  const arm = cases(compile("test-arm", ["-marm"]));
  const thumb = cases(compile("test-thumb", ["-mthumb", "-DCONFIG_THUMB2_KERNEL"]));
  writeFileSync(file, JSON.stringify([...arm, ...thumb]));
}
console.log(JSON.stringify({ source, cases: file }));
