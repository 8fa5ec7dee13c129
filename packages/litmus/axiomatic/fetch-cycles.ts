import { written } from "./written.js";

/**
 * A random test of instruction fetch for AArch64, in the way of herd's: a cycle of edges through stores, loads and fetches of data and of one or
 * two pieces of code. Each fetch executes a function, or, where it is the only one of its code, code that stands in its thread's way.
 * The question is whether every edge can hold at once.
 */
export function fetchCycleTest(pick: (below: number) => number, most = 6): string {
  for (;;) {
    const accesses = randomCycle(pick, most);
    const test = accesses === undefined ? undefined : testOf(pick, accesses);
    if (test !== undefined) return test;
  }
}

type Kind = "R" | "W" | "F";

/** One access, and how the next one is reached: by communication with another thread, or what stands between them in this one. */
interface Access {
  readonly kind: Kind;
  readonly place: string;
  readonly next: "thread" | readonly string[];
}

const data = ["x", "y"];
const code = ["f", "g"];
const isCode = (place: string): boolean => code.includes(place);
const cachesync = ["DC", "DSB ISH", "IC", "DSB ISH"];

/** What may stand between two accesses; `DC`, `IC` without an address are of the last code the thread stored to or read. */
const between: readonly (readonly string[])[] = [
  [],
  ["DMB SY"],
  ["DMB ST"],
  ["DMB LD"],
  ["DSB ISH"],
  ["DSB ST"],
  ["DSB LD"],
  ["ISB"],
  ["DSB SY", "ISB"],
  cachesync,
  [...cachesync, "ISB"],
  ["DC", "DSB ISH"],
  ["DC", "DMB ISH", "IC", "DSB ISH"],
  ["IC", "DSB ISH"],
  ["IC", "DSB ISH", "ISB"],
];
/** Behind a load also: dependencies of what follows. */
const behindLoad: readonly (readonly string[])[] = [
  ["ctrl"],
  ["ctrl", "ISB"],
  ["addr"],
  ["data"],
  ["ctrl", ...cachesync],
  ["ctrl", ...cachesync, "ISB"],
  ["addr", ...cachesync, "ISB"],
];

/** What keeps an access before all that follows: without these, hardly any cycle would be forbidden. */
const strong: Readonly<Record<Kind, readonly (readonly string[])[]>> = {
  R: [
    ["ctrl", "ISB"],
    ["DSB ISH", "ISB"],
    ["ctrl", ...cachesync, "ISB"],
    ["DMB SY", ...cachesync, "ISB"],
  ],
  W: [cachesync, [...cachesync, "ISB"], ["DSB ISH", ...cachesync, "ISB"]],
  F: [[], ["DMB SY"], cachesync, [...cachesync, "ISB"]],
};

function randomCycle(pick: (below: number) => number, most: number): Access[] | undefined {
  const length = 3 + pick(most - 2);
  const accesses: Access[] = [];
  const first: [Kind, string] =
    pick(2) === 0 ? ["W", "f"] : (["F", "R", "W"] as const).map((kind) => [kind, "f"] as [Kind, string])[pick(3)]!;
  let [kind, place] = first;
  let threads = 1;
  for (let i = 0; i < length; i++) {
    const last = i === length - 1;
    if (last || pick(3) === 0) {
      threads++;
      accesses.push({ kind, place, next: "thread" });
      kind =
        kind !== "W" ? "W" : (["R", "W", ...(isCode(place) ? ["F", "F"] : [])] as Kind[])[pick(isCode(place) ? 4 : 2)]!;
    } else {
      const ways = pick(2) === 0 ? strong[kind] : kind === "R" && pick(2) === 0 ? behindLoad : between;
      accesses.push({ kind, place, next: ways[pick(ways.length)]! });
      place = ["f", "f", "g", "x", "x", "y"].filter((other) => other !== place || pick(4) === 0)[pick(3)] ?? "f";
      kind = isCode(place) ? (["F", "F", "W", "R"] as const)[pick(4)]! : pick(2) === 0 ? "R" : "W";
    }
  }
  const closed = kind === first[0] && place === first[1] && threads - 1 >= 1 && threads - 1 <= 3;
  return closed && accesses.some((access) => access.kind === "F") ? accesses : undefined;
}

/** What a thread executes at a site: what it began with, then what is stored to it first and second. */
const instructions = ["", "NOP", 'instr:"B .+12"'];

function testOf(pick: (below: number) => number, accesses: readonly Access[]): string | undefined {
  const held = new Map<string, number>();
  // The stores of a place are numbered as the cycle comes by them, from where it last goes on to another place: around the end.
  const start = accesses.findLastIndex(({ place }, i) => place !== accesses[(i + 1) % accesses.length]!.place) + 1;
  const values: number[] = [];
  accesses.forEach((_, i) => {
    const at = (start + i) % accesses.length;
    const { kind, place } = accesses[at]!;
    if (kind === "W") held.set(place, (held.get(place) ?? 0) + 1);
    values[at] = held.get(place) ?? 0;
  });
  if ([...held].some(([place, value]) => isCode(place) && value >= instructions.length)) return undefined;
  const cpus = accesses.filter(({ next }) => next === "thread").length;
  const inline = new Set(
    code.filter(
      (site) => pick(2) === 0 && accesses.filter((one) => one.kind === "F" && one.place === site).length === 1,
    ),
  );
  const columns: string[][] = [];
  const observed: string[] = [];
  const wanted: string[] = [];
  const homes = new Map<string, string>();
  let thread = new Thread(0, inline);
  accesses.forEach((access, i) => {
    const seen = thread.access(access, values[i]!, homes);
    if (seen !== undefined) {
      observed.push(seen);
      wanted.push(
        isCode(access.place) && access.kind === "R"
          ? `${seen}=${values[i] === 0 ? 'instr:"B .+20"' : instructions[values[i]!]}`
          : `${seen}=${values[i]}`,
      );
    }
    if (access.next !== "thread") return;
    columns.push(thread.lines);
    thread = new Thread(columns.length, inline);
  });
  const functions = code.filter((site) => !inline.has(site) && accesses.some(({ place }) => place === site));
  for (const site of functions) homes.set(site, `P${cpus}:${site}`);
  // A site that nobody executes in its own way stands with the functions.
  if (functions.length > 0) columns.push(["B end", ...functions.flatMap((site) => siteOf(site, "RET")), "end:"]);
  const registers = columns
    .slice(0, cpus)
    .flatMap((_, at) => [
      `${at}:X20=x; ${at}:X21=y;`,
      ...code.filter((site) => homes.has(site)).map((site, n) => `${at}:X${22 + n}=${homes.get(site)};`),
      `${at}:X25=NOP; ${at}:X26=instr:"B .+12";`,
    ]);
  const caches = ["", "CacheType=IDC", "CacheType=DIC", "CacheType=IDC DIC"][[0, 0, 0, 1, 2, 3][pick(6)]!]!;
  const named = code.filter((site) => homes.has(site));
  // Registers of sites are by the order of those there are.
  const numbered = columns.map((lines) =>
    lines.map((line) => line.replace(/X<(\w)>/g, (_, site: string) => `X${22 + named.indexOf(site)}`)),
  );
  return written({
    head: ["AArch64 fetches", caches],
    initial: registers.join("\n"),
    columns: numbered,
    locations: [...observed, ...data.map((one) => `[${one}]`)],
    condition: wanted.length === 0 ? "true" : wanted.join(" /\\ "),
  });
}

/** Code that sets W9 to 0, 1 or 2 by which of the three instructions stands there, and then goes on by `out`. */
function siteOf(site: string, out: string): string[] {
  return [`${site}: B .+20`, "MOV W9,#1", out, "MOV W9,#2", out, "MOV W9,#0", out];
}

/** The code of one thread, an access at a time. */
class Thread {
  readonly lines: string[] = [];
  readonly #at: number;
  readonly #inline: ReadonlySet<string>;
  #registers = 0;
  #labels = 0;
  #last: string | undefined;
  #site = "f";
  #pending = new Set<string>();

  constructor(at: number, inline: ReadonlySet<string>) {
    this.#at = at;
    this.#inline = inline;
  }

  /** Adds an access and what stands behind it; gives the register that shows what a load or fetch took. */
  access({ kind, place, next }: Access, value: number, homes: Map<string, string>): string | undefined {
    let shown: string | undefined;
    const base = isCode(place) ? `X<${place}>` : place === "x" ? "X20" : "X21";
    if (isCode(place)) {
      this.#site = place;
      if (!homes.has(place)) homes.set(place, "");
    }
    if (kind === "F") shown = this.#fetch(place, homes);
    else {
      const address = this.#pending.has("addr") ? `[${base},W${this.#zero()},SXTW]` : `[${base}]`;
      if (kind === "R") {
        const register = this.#registers++;
        this.lines.push(`LDR W${register},${address}`);
        this.#last = `W${register}`;
        shown = `${this.#at}:X${register}`;
      } else if (isCode(place)) this.lines.push(`STR W${24 + value},${address}`);
      else {
        const register = this.#registers++;
        this.lines.push(`MOV W${register},#${value}`);
        if (this.#pending.has("data")) this.lines.push(`ADD W${register},W${register},W${this.#zero()}`);
        this.lines.push(`STR W${register},${address}`);
      }
    }
    this.#pending.clear();
    if (next !== "thread") for (const one of next) this.#between(one);
    return shown;
  }

  #between(one: string): void {
    if (one === "addr" || one === "data") this.#pending.add(one);
    else if (one === "ctrl") {
      const label = `c${this.#at}${this.#labels++}`;
      this.lines.push(`CBNZ ${this.#last},${label}`, `${label}:`);
    } else if (one === "DC") this.lines.push(`DC CVAU,X<${this.#site}>`);
    else if (one === "IC") this.lines.push(`IC IVAU,X<${this.#site}>`);
    else this.lines.push(one);
  }

  /** A register that is zero, and depends on the last load. */
  #zero(): number {
    const register = this.#registers++;
    this.lines.push(`EOR W${register},${this.#last},${this.#last}`);
    return register;
  }

  #fetch(site: string, homes: Map<string, string>): string {
    const register = this.#registers++;
    if (this.#inline.has(site)) {
      homes.set(site, `P${this.#at}:${site}`);
      const end = `e${this.#at}${this.#labels++}`;
      this.lines.push(...siteOf(site, `B ${end}`), `${end}:`);
    } else this.lines.push(`BLR X<${site}>`);
    this.lines.push(`MOV W${register},W9`);
    return `${this.#at}:X${register}`;
  }
}
