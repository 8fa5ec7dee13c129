// The patch sites of an image as binutils see them: a second opinion that shares no code with @cmodx/elf or @cmodx/codec.
//
//   node tools/independent-sites.mjs IMAGE > sites.jsonl
//
// Tables and bytes come from the hex dumps of `readelf -x`, places from `readelf -S`, `-s` and `-r`, texts and encoded targets
// from `objdump -d`. One JSON object a site.
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const readelf = "readelf";
const objdump = "arm-linux-gnueabihf-objdump";

const tables = [
  { kind: "mcount", section: "__mcount_loc", bounds: ["__start_mcount_loc", "__stop_mcount_loc"], words: 1 },
  { kind: "jump_label", section: "__jump_table", bounds: ["__start___jump_table", "__stop___jump_table"], words: 3 },
];

function run(command, args) {
  const { stdout, status, error, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 2 ** 30 });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** Sections from `readelf -SW`. */
function readSections(image) {
  const row =
    /^\s*\[\s*(\d+)\] (\S*)\s+([A-Z_]+[\w.]*)\s+([0-9a-f]{8}) ([0-9a-f]+) ([0-9a-f]+) [0-9a-f]+\s+([A-Za-z]*)\s+(\d+)\s+(\d+)\s+\d+$/;
  return run(readelf, ["-SW", image])
    .split("\n")
    .map((line) => row.exec(line))
    .filter(Boolean)
    .map(([, index, name, type, address, , size, flags, , info]) => ({
      index: Number(index),
      name,
      type,
      address: Number.parseInt(address, 16),
      size: Number.parseInt(size, 16),
      alloc: flags.includes("A"),
      exec: flags.includes("X"),
      info: Number(info),
    }));
}

/** Symbols from `readelf -sW`: index, value, type, section and name. */
function readSymbols(image) {
  const row = /^\s*(\d+): ([0-9a-f]{8})\s+\S+ (\w+)\s+\w+\s+\w+\s+(?:\[[^\]]*\]\s+)?(\w+)(?: (.*))?$/;
  const symbols = [];
  let inSymtab = false;
  for (const line of run(readelf, ["-sW", image]).split("\n")) {
    if (line.startsWith("Symbol table")) inSymtab = line.includes(".symtab");
    const match = inSymtab ? row.exec(line) : null;
    if (!match) continue;
    const [, index, value, type, section, name = ""] = match;
    symbols[Number(index)] = { value: Number.parseInt(value, 16), type, section, name };
  }
  return symbols;
}

/** The bytes of a section, from its hex dump. */
function sectionBytes(image, section) {
  const bytes = Buffer.alloc(section.size);
  let at = 0;
  for (const line of run(readelf, ["-x", String(section.index), image]).split("\n")) {
    const match = /^ {2}0x[0-9a-f]{8} ((?:[0-9a-f]{2,8} ){1,4})/.exec(line);
    if (match) at += bytes.write(match[1].replaceAll(" ", ""), at, "hex");
  }
  if (at !== section.size) throw new Error(`${section.name}: dumped ${at} of ${section.size} bytes`);
  return bytes;
}

/** ABS32 relocations of a section, by offset, with the symbol's index: section symbols have no name of their own. */
function readRelocations(image, section, sections) {
  const owner = sections.find(({ type, info }) => (type === "REL" || type === "RELA") && info === section.index);
  const found = new Map();
  if (owner === undefined) return found;
  let here = false;
  for (const line of run(readelf, ["-rW", image]).split("\n")) {
    if (line.startsWith("Relocation section")) here = line.includes(`'${owner.name}'`);
    const match = here ? /^([0-9a-f]{8})\s+([0-9a-f]{8})\s+(R_\w+)/.exec(line) : null;
    if (match)
      found.set(Number.parseInt(match[1], 16), { symbol: Number.parseInt(match[2], 16) >>> 8, type: match[3] });
  }
  return found;
}

/** Text at wanted addresses, from `objdump -d`: section name -> address -> text. */
async function readTexts(image, wanted) {
  const texts = new Map();
  const names = [...wanted.keys()].flatMap((name) => ["-j", name]);
  const child = spawn(objdump, ["-d", "-w", ...names, image], { stdio: ["ignore", "pipe", "inherit"] });
  let section = "";
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("Disassembly of section ")) {
      section = line.slice("Disassembly of section ".length, -1);
      texts.set(section, new Map());
      continue;
    }
    const colon = line.indexOf(":\t");
    if (colon < 0) continue;
    const address = Number.parseInt(line.slice(0, colon), 16);
    if (wanted.get(section)?.has(address))
      texts.get(section).set(address, line.slice(line.indexOf("\t", colon + 2) + 1).trim());
  }
  return texts;
}

/** Every mcount and jump-label site of an image. */
export async function independentSites(image) {
  const header = run(readelf, ["-hW", image]);
  const relocatable = /Type:\s+REL/.test(header);
  const little = header.includes("little endian");
  const sections = readSections(image);
  const symbols = readSymbols(image);
  const contents = new Map();
  const bytesOf = (section) => {
    if (!contents.has(section.index)) contents.set(section.index, sectionBytes(image, section));
    return contents.get(section.index);
  };
  const holding = (address) => sections.find((s) => s.alloc && address >= s.address && address < s.address + s.size);

  const sites = [];
  for (const { kind, section: tableName, bounds, words } of tables) {
    let table = sections.find(({ name, size }) => name === tableName && size > 0);
    let [start, end] = [0, table?.size ?? 0];
    if (table === undefined && !relocatable) {
      const [first, last] = bounds.map((name) => symbols.find((symbol) => symbol?.name === name)?.value);
      if (first === undefined || last === undefined || first === last) continue;
      table = holding(first);
      [start, end] = [first - table.address, last - table.address];
    }
    if (table === undefined) continue;
    const bytes = bytesOf(table);
    const relocations = relocatable ? readRelocations(image, table, sections) : new Map();
    const word = (offset) => {
      const value = little ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset);
      const relocation = relocations.get(offset);
      if (!relocatable || (relocation === undefined && value === 0)) return { section: holding(value), address: value };
      if (relocation?.type !== "R_ARM_ABS32")
        throw new Error(`${tableName}+${offset}: ${relocation?.type ?? "no relocation"}`);
      const symbol = symbols[relocation.symbol];
      if (symbol.section === "UND") return { external: symbol.name, address: value };
      return { section: sections[Number(symbol.section)], address: (symbol.value + value) >>> 0 };
    };
    for (let offset = start; offset < end; offset += words * 4) {
      const code = word(offset);
      // The linker's padding, and weak functions that newer kernels take out of the table: Linux skips both.
      if (kind === "mcount" && code.address === 0 && !relocations.has(offset)) continue;
      const site = { kind, section: code.section.name, address: (code.address & ~1) >>> 0 };
      const at = site.address - (relocatable ? 0 : code.section.address);
      site.bytes = bytesOf(code.section).toString("hex", at, at + 4);
      if (words === 3) {
        site.target = (word(offset + 4).address & ~1) >>> 0;
        const key = word(offset + 8);
        site.key = {
          address: (key.address & ~3) >>> 0,
          section: key.section?.name ?? null,
          external: key.external ?? null,
          likely: (key.address & 1) === 1,
        };
      }
      sites.push(site);
    }
  }
  const wanted = new Map();
  for (const { section, address } of sites) wanted.set(section, (wanted.get(section) ?? new Set()).add(address));
  const texts = sites.length > 0 ? await readTexts(image, wanted) : new Map();
  for (const site of sites) site.text = texts.get(site.section)?.get(site.address) ?? null;
  return { sites, symbols, sections, relocatable };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [image] = process.argv.slice(2);
  if (image === undefined) {
    console.error("usage: node tools/independent-sites.mjs IMAGE");
    process.exit(2);
  }
  const { sites } = await independentSites(image);
  for (const site of sites) console.log(JSON.stringify(site));
}
