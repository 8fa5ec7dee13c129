// `pnpm oracle elf [FILE…]`: sections, symbols and relocations as this package reads them against `readelf`, and source lines against
// `addr2line`.
// Without files: the samples, and what scripts/real-inputs.mjs brought.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ElfImage, findTable, mcountTable, relocationName, sourceLines } from "@cmodx/elf";
import { withElfFile } from "@cmodx/elf/node";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const shownDifferences = 10;

function readelf(option: string, file: string): string[] {
  return execFileSync("readelf", [option, file], { encoding: "utf8", maxBuffer: 2 ** 30 }).split("\n");
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}

/** One line for each section, symbol and relocation, in the order of the file: ours and readelf's. */
function ours(image: ElfImage): string[] {
  const { symbols } = image;
  const lines = image.sections.map(
    ({ index, name, address, offset, size, link, info }) =>
      `section ${index} ${name} ${hex(address)} ${hex(offset)} ${hex(size)} ${link} ${info}`,
  );
  for (let i = 0; i < symbols.count; i++) {
    lines.push(`symbol ${i} ${hex(symbols.value[i]!)} ${symbols.size[i]} ${symbols.section[i]} ${symbols.name(i)}`);
  }
  return lines;
}

function theirs(file: string): string[] {
  const lines: string[] = [];
  const section =
    /^\s*\[\s*(\d+)\] (\S*)\s+[A-Z_]+[\w.]*\s+([0-9a-f]{8}) ([0-9a-f]+) ([0-9a-f]+) [0-9a-f]+\s+[A-Za-z]*\s+(\d+)\s+(\d+)\s+\d+$/;
  for (const line of readelf("-SW", file)) {
    const [, index, name, address, offset, size, link, info] = section.exec(line) ?? [];
    if (index === undefined) continue;
    lines.push(
      `section ${index} ${name} ${address} ${offset!.padStart(8, "0")} ${size!.padStart(8, "0")} ${link} ${info}`,
    );
  }
  const symbol = /^\s*(\d+): ([0-9a-f]{8})\s+(\S+) (\w+)\s+\w+\s+\w+\s+(?:\[[^\]]*\]\s+)?(\w+)(?: (.*))?$/;
  const indices: Readonly<Record<string, string>> = { UND: "0", ABS: "65521", COM: "65522" };
  let wanted = false;
  for (const line of readelf("-sW", file)) {
    if (line.startsWith("Symbol table")) wanted = line.includes("'.symtab'");
    const [, index, value, size, type, place, name = ""] = (wanted ? symbol.exec(line) : null) ?? [];
    if (index === undefined) continue;
    // readelf shows a section symbol under its section's name; in the file it has none.
    const shown = type === "SECTION" ? "" : name;
    lines.push(`symbol ${index} ${value} ${Number(size)} ${indices[place!] ?? place} ${shown}`);
  }
  return lines;
}

/** Every relocation that readelf lists, asked of our tables by its offset. */
function relocationDifferences(image: ElfImage, file: string): { count: number; differences: string[] } {
  const differences: string[] = [];
  let count = 0;
  let table: ReturnType<ElfImage["relocationsOf"]>;
  let seen = new Set<string>();
  for (const line of image.relocatable ? readelf("-rW", file) : []) {
    const heading = /^Relocation section '(.*)' at/.exec(line);
    if (heading) {
      const [source] = image.sectionsNamed(heading[1]!);
      table = image.relocationsOf(image.sections[source!.info]!);
      seen = new Set();
    }
    const [, offset, info, type] = /^([0-9a-f]{8})\s+([0-9a-f]{8})\s+(R_\w+)/.exec(line) ?? [];
    if (offset === undefined || type === "R_ARM_NONE" || type === "R_ARM_V4BX" || seen.has(offset)) continue;
    seen.add(offset);
    count++;
    const found = table?.at(Number.parseInt(offset, 16));
    const told = `${offset} ${found?.symbol} ${found && relocationName(found.type)}`;
    const expected = `${offset} ${Number.parseInt(info!, 16) >>> 8} ${type}`;
    if (told !== expected) differences.push(`relocation ${told}, readelf ${expected}`);
  }
  return { count, differences };
}

const comparedLines = 2000;

/** The lines of a spread of call sites. addr2line puts the directory where the compiler ran in front of a relative path. */
function lineDifferences(image: ElfImage, file: string): { count: number; differences: string[] } {
  const sites = image.relocatable ? [] : [...(findTable(image, mcountTable)?.entries() ?? [])].map(({ site }) => site);
  const some = sites.filter((_, i) => i % Math.ceil(sites.length / comparedLines) === 0);
  if (some.length === 0 || image.sectionsNamed(".debug_line").length === 0) return { count: 0, differences: [] };
  const addresses = some.map(({ address }) => hex(address));
  const told = execFileSync("arm-linux-gnueabihf-addr2line", ["-e", file, ...addresses], { encoding: "utf8" });
  const theirs = told.split("\n").map((line) => line.replace(/ \(discriminator \d+\)$/, ""));
  const differences = sourceLines(image, some).flatMap((found, i) => {
    const mine = found === undefined ? "??:0" : `${found.file.replace(/^(\.\/)+/, "")}:${found.line || "?"}`;
    return theirs[i] === mine || theirs[i]?.endsWith(`/${mine}`)
      ? []
      : [`line of ${addresses[i]} ${mine}, addr2line ${theirs[i]}`];
  });
  return { count: some.length, differences };
}

function compare(file: string): { facts: number; differences: string[] } {
  return withElfFile(file, (image) => {
    const [mine, other] = [ours(image), theirs(file)];
    const differences = mine.length === other.length ? [] : [`${mine.length} rows, readelf ${other.length}`];
    for (let i = 0; i < Math.min(mine.length, other.length); i++) {
      if (mine[i] !== other[i]) differences.push(`${mine[i]}, readelf ${other[i]}`);
    }
    const relocations = relocationDifferences(image, file);
    const lines = lineDifferences(image, file);
    return {
      facts: other.length + relocations.count + lines.count,
      differences: [...differences, ...relocations.differences, ...lines.differences],
    };
  });
}

function* inputs(): Generator<string> {
  const samples = join(root, "samples");
  for (const name of readdirSync(samples)) if (/\.(elf|ko)$/.test(name)) yield join(samples, name);
  const real = join(root, "real-inputs");
  for (const release of existsSync(real) ? readdirSync(real) : []) {
    if (!existsSync(join(real, release, ".complete"))) continue;
    yield join(real, release, "vmlinux");
    const modules = readdirSync(join(real, release, "modules"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ko"))
      .sort();
    // Every 50th module: a spread over all subsystems in a minute.
    for (const [i, name] of modules.entries()) if (i % 50 === 0) yield join(real, release, "modules", name);
  }
}

const files = process.argv.length > 2 ? process.argv.slice(2) : [...inputs()];
let [facts, wrong] = [0, 0];
for (const file of files) {
  const result = compare(file);
  facts += result.facts;
  wrong += result.differences.length;
  for (const line of result.differences.slice(0, shownDifferences)) console.log(`${file}: ${line}`);
}
console.log(`${files.length} files, ${facts} sections, symbols, relocations and lines, ${wrong} differences`);
process.exitCode = wrong > 0 ? 1 : 0;
