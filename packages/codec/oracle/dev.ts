// crude: compare with llvm by mnemonic classes
import { decodeA32, decodeT32, format, type Isa } from "@cmodx/codec";
import { gnu, llvm } from "./tools.js";

const [isaArg, n = "50000", seed = "1", mode = "both", filter = ""] = process.argv.slice(2);
let s = Number(seed) >>> 0;
const rnd = () => {
  s = (s + 0x6d2b79f5) >>> 0;
  let t = Math.imul(s ^ (s >>> 15), 1 | s);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return (t ^ (t >>> 14)) >>> 0;
};
const probes: any[] = [];
if (isaArg === "t16") for (let w = 0; w < 0xe800; w++) probes.push({ isa: "t32", size: 2, word: w });
else
  for (let i = 0; i < Number(n); i++) {
    let w = rnd();
    if (isaArg === "a32") {
      const k = i % 4096;
      w = ((w & 0xf00fff0f) | ((k >> 4) << 20) | ((k & 15) << 4)) >>> 0;
      const c = rnd() % 10;
      if (c < 4) w = ((w & 0x0fffffff) | 0xe0000000) >>> 0;
      else if (c < 6) w = (w | 0xf0000000) >>> 0;
    } else {
      const k = i % 6144;
      const g = Math.floor(k / 16);
      const hw1 = 0xe800 + (g << 4);
      if (hw1 > 0xffff) {
        continue;
      }
      w = ((hw1 << 16) | (w & 0x000f0fff) | ((k & 15) << 12)) >>> 0;
    }
    // random field saturation to explore specials
    if (rnd() % 4 === 0) {
      const f = [0, 4, 8, 12, 16][rnd() % 5];
      const v = [0, 15, 13, 14][rnd() % 4];
      if (isaArg === "a32" ? f !== 4 : f !== 12 || true) w = ((w & ~(15 << f)) | (v << f)) >>> 0;
    }
    probes.push({ isa: isaArg, size: 4, word: w });
  }
const L = llvm(probes),
  G = mode === "llvm" ? L : gnu(probes);
const classes = new Map<string, { n: number; ex: string[] }>();
let agree = 0,
  cons = 0;
const simd = (w: number) => false;
probes.forEach((p, i) => {
  const insn =
    p.isa === "a32"
      ? decodeA32(p.word, 0)
      : p.size === 2
        ? decodeT32(p.word, 0, 0)
        : decodeT32(p.word >>> 16, p.word & 0xffff, 0);
  const l = L[i]!,
    g = G[i]!;
  const text = insn.encoding ? format(insn, "llvm") : "";
  let key = "";
  const st = insn.status;
  if (l.state === "rejected" && g.state === "rejected") {
    if (st === "ok") key = "both reject, we ok: " + insn.encoding!.id;
  } else if (l.state === "valid" && g.state === "valid") {
    cons++;
    if (text.replace(/\s+/g, " ") !== l.text.replace(/\s+/g, " "))
      key =
        st === "unallocated" || (st === "undefined" && !/udf/.test(text))
          ? "both valid, we " + st + ": " + l.text.split(/[\t ]/)[0]
          : "text differs " + insn.encoding!.id + (st !== "ok" ? " (" + st + ")" : "");
    else if (st !== "ok" && !/udf/.test(text))
      key =
        "both valid same text, we " + st + ": " + insn.encoding!.id + " " + insn.reasons.map((r) => r.clause).join(";");
  } else if (l.state !== "rejected" && st === "ok" && text !== l.text) {
    if (mode !== "cons") key = "llvm " + l.state + " gnu " + g.state + " we ok text differs " + insn.encoding!.id;
  } else if (l.state !== "valid" && g.state !== "valid" && st === "ok")
    key = "llvm " + l.state + " gnu " + g.state + " we ok: " + insn.encoding!.id;
  if (key && (!filter || new RegExp(filter).test(key))) {
    let c = classes.get(key);
    if (!c) classes.set(key, (c = { n: 0, ex: [] }));
    c.n++;
    if (c.ex.length < 2) c.ex.push(p.word.toString(16) + " ours=" + text + " llvm=" + l.text + " gnu=" + g.text);
  } else agree++;
});
console.log(probes.length, "agree", agree, "both-valid", cons);
for (const [k, v] of [...classes].sort((a, b) => b[1].n - a[1].n).slice(0, Number(process.env.TOP ?? 60)))
  console.log(v.n, k, "\n     ", v.ex.join("\n      ").replace(/\t/g, " "));
