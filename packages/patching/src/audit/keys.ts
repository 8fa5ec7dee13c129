import { type Architecture, decodeA32, decodeT32, encodeBranch, type Insn, type Isa } from "@cmodx/codec";
import { ruling } from "../rules/check.js";
import { branchReaches } from "./flow.js";
import type { KeySummary, Site, SiteKey } from "./report.js";

interface Counts extends KeySummary {
  tracepoint: boolean | null;
  sites: number;
  stops: number;
  liveFirst: number;
  live: number;
  liveWithNop: number;
  liveWith16Bit: number;
}

/** What switching each static key costs. */
export class KeyCosts {
  readonly #could: Alternatives;
  readonly #tracepoints: boolean;
  readonly #keys = new Map<string, Counts>();

  /** @param tracepoints - whether the tracepoints are among the sites: only then is it known which key belongs to one */
  constructor(architecture: Architecture, tracepoints: boolean) {
    this.#could = new Alternatives(architecture);
    this.#tracepoints = tracepoints;
  }

  /**
   * @param like - what is said of the site, but for where it is and leads
   * @param target - of its branch
   */
  add(key: SiteKey, { kind, isa, transitions, findings }: Site, address: number, target: number | null): void {
    const counts = this.#of(key);
    if (kind === "tracepoint") counts.tracepoint = true;
    if (kind !== "jump_label") return;
    counts.sites++;
    // Linux stops the machine once for each site that it rewrites; init text is gone before anybody switches it.
    if (!findings.some(({ id }) => id === "init-text")) counts.stops++;
    if (transitions[0]?.verdict === "concurrent") counts.liveFirst++;
    if (transitions.length > 0 && transitions.every(({ verdict }) => verdict === "concurrent")) counts.live++;
    const site = { isa, findings, address, target };
    if (this.#could.nop(site)) counts.liveWithNop++;
    if (this.#could.narrow(site)) counts.liveWith16Bit++;
  }

  /** The costliest first. */
  get all(): KeySummary[] {
    return [...this.#keys.values()].sort((a, b) => b.stops - a.stops || b.sites - a.sites);
  }

  #of({ symbol, address, section }: SiteKey): Counts {
    const id = `${section}/${address ?? symbol}`;
    let counts = this.#keys.get(id);
    if (counts === undefined) {
      const none = { sites: 0, stops: 0, liveFirst: 0, live: 0, liveWithNop: 0, liveWith16Bit: 0 };
      counts = { symbol, address, section, tracepoint: this.#tracepoints ? false : null, ...none };
      this.#keys.set(id, counts);
    }
    return counts;
  }
}

type Aim = Pick<Site, "isa" | "address" | "target" | "findings">;

/** What a site could be built as instead, so that it may be switched live every time. */
class Alternatives {
  readonly #nop: boolean;
  readonly #narrow: boolean;

  /** The verdict depends on the instructions' kinds alone: one branch of each stands for all. */
  constructor(architecture: Architecture) {
    const live = (nop: Insn, branch: ReturnType<typeof encodeBranch>): boolean => {
      if (!branch.ok) return false;
      const { isa, address } = nop;
      const verdict = (from: Insn, to: Insn) => ruling({ isa, address, from, to }, architecture).verdict;
      return verdict(nop, branch.insn) === "concurrent" && verdict(branch.insn, nop) === "concurrent";
    };
    this.#nop = live(decodeA32(0xe320f000, 0), encodeBranch({ isa: "a32", kind: "b" }, 0, 16));
    this.#narrow = live(decodeT32(0xbf00, 0, 0), encodeBranch({ isa: "t32", kind: "b", width: 2 }, 0, 16));
  }

  /** The architected NOP wherever Linux writes `mov r0, r0`. */
  nop(site: Aim): boolean {
    return this.#nop && reaches(site, "a32", 4);
  }

  /** A branch and a NOP of 16 bits: the target is near enough. */
  narrow(site: Aim): boolean {
    return this.#narrow && reaches(site, "t32", 2);
  }
}

function reaches({ isa, address, target, findings }: Aim, wanted: Isa, width: 2 | 4): boolean {
  if (isa !== wanted || target === null || findings.some(({ id }) => id === "target-section")) return false;
  return branchReaches(isa, width, address, target);
}
