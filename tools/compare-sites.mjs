// Compares `cmodx audit --json` with the site list that tools/independent-sites.mjs makes from readelf and objdump.
//
//   node tools/compare-sites.mjs [--cmodx apps/cli/dist/cmodx.js] IMAGE…     exit 1 where there is any difference
//
// Compared for each mcount and jump-label site: address, section, bytes, symbol, text, encoded target, table target, key and
// its likely bit. Texts are compared by what they say: the mnemonic (objdump prints `nop {0}` for the hint and `nop` for
// mov r0, r0) and the address of a branch; symbols by whether the one we name is at that address in readelf's list.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { independentSites } from "./independent-sites.mjs";

const { values, positionals: images } = parseArgs({
  options: { cmodx: { type: "string", default: fileURLToPath(new URL("../apps/cli/dist/cmodx.js", import.meta.url)) } },
  allowPositionals: true,
});
const shown = 20;

function ourSites(image) {
  const args = [values.cmodx, "audit", "--json", "--kind", "mcount,jump_label", image];
  const { stdout, stderr, status, error } = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 2 ** 30 });
  if (error) throw error;
  if (status > 1) throw new Error(stderr.trim());
  return JSON.parse(stdout).sites;
}

/** The mnemonic as the manual spells it, without width, and the branch target, from objdump's text. */
function readText(text, bytes) {
  if (text === null) return { mnemonic: null, target: null };
  const [name, operands = ""] = text.split("\t");
  const target = /^([0-9a-f]+)\b/.exec(operands);
  let mnemonic = name.replace(/\.[nw]$/, "");
  // objdump's `nop` without braces is mov r0, r0 (A32) or mov r8, r8 (T16).
  if (name === "nop" && operands === "" && bytes === "0000a0e1") mnemonic = "mov";
  return { mnemonic, target: target ? Number.parseInt(target[1], 16) : null };
}

async function compare(image) {
  const [{ sites: theirs, symbols, sections, relocatable }, ours] = [await independentSites(image), ourSites(image)];
  const differences = [];
  const id = ({ kind, section, address }) => `${kind} ${section} 0x${address.toString(16)}`;
  const addresses = new Map();
  for (const symbol of symbols) {
    if (symbol === undefined || symbol.name === "") continue;
    const section = sections[Number(symbol.section)]?.name;
    const value = symbol.type === "FUNC" ? (symbol.value & ~1) >>> 0 : symbol.value;
    addresses.set(symbol.name, (addresses.get(symbol.name) ?? []).concat({ section, value }));
  }
  /** Does `name` with `+0x…` lead to this place, by readelf's symbols? */
  const names = (text, section, address) => {
    const [, name, offset = "0"] = /^(.*?)(?:\+0x([0-9a-f]+))?$/.exec(text ?? "");
    const found = addresses.get(name) ?? [];
    return found.some((symbol) => symbol.section === section && symbol.value + Number.parseInt(offset, 16) === address);
  };
  if (ours.length !== theirs.length) differences.push(`${ours.length} sites here, ${theirs.length} there`);
  for (let i = 0; i < Math.min(ours.length, theirs.length); i++) {
    const [our, their] = [ours[i], theirs[i]];
    const differs = (what, here, there) => {
      if (here !== there) differences.push(`${id(their)}: ${what}: ${here} here, ${there} there`);
    };
    differs("site", id(our), id(their));
    differs("bytes", our.bytes, their.bytes.slice(0, our.bytes?.length ?? 0));
    const { mnemonic, target } = readText(their.text, their.bytes);
    differs("mnemonic", our.text?.split(/[\s.]/)[0] ?? null, mnemonic);
    const named = `${our.symbol}${our.offset > 0 ? `+0x${our.offset.toString(16)}` : ""}`;
    if (!names(named, our.section, our.address)) differs("symbol", named, "no such place");
    if (their.kind === "mcount") {
      if (!relocatable) differs("target", our.target, target);
      continue;
    }
    differs("table target", our.target, their.target);
    if (mnemonic === "b") differs("encoded target", our.target, target);
    differs("likely", our.key.likely, their.key.likely);
    if (their.key.external !== null) {
      differs("key address", our.key.address, null);
      const rest = their.key.address === 0 ? "" : `+0x${their.key.address.toString(16)}`;
      differs("key", our.key.symbol, `${their.key.external}${rest}`);
      continue;
    }
    differs("key address", our.key.address, their.key.address);
    differs("key section", our.key.section, their.key.section);
    if (!names(our.key.symbol, their.key.section, their.key.address)) differs("key", our.key.symbol, "no such place");
  }
  return { count: theirs.length, differences };
}

if (images.length === 0) {
  console.error("usage: node tools/compare-sites.mjs IMAGE…");
  process.exit(2);
}
let [sum, wrong] = [0, 0];
for (const image of images) {
  const { count, differences } = await compare(image);
  sum += count;
  wrong += differences.length;
  if (differences.length > 0 || images.length <= 20)
    console.log(`${image}: ${count} sites, ${differences.length} differences`);
  for (const line of differences.slice(0, shown)) console.log(`  ${line}`);
}
console.log(`${images.length} images, ${sum} sites, ${wrong} differences`);
process.exit(wrong > 0 ? 1 : 0);
