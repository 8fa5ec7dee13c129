import type { WitnessStep } from "@cmodx/machine";

/** What an instruction did in a witness: one box of a drawing. */
export interface WitnessBox {
  readonly core: number;
  readonly kind: "store" | "load" | "fetch" | "maintenance" | "barrier" | "synchronisation" | "interrupt" | "other";
  /** The instruction first, where the step was one. */
  readonly lines: readonly string[];
}

/** A witness as boxes in the order in which they happened, and arrows from stores to what read or fetched them, from interrupts to where they are taken. */
export interface WitnessGraph {
  readonly cores: readonly number[];
  readonly boxes: readonly WitnessBox[];
  readonly arrows: readonly {
    readonly from: number;
    readonly to: number;
    readonly label: "read" | "fetch" | "interrupt";
  }[];
}

const kinds: readonly (readonly [RegExp, WitnessBox["kind"]])[] = [
  [/^store /, "store"],
  [/^load /, "load"],
  [/^fetch /, "fetch"],
  [/^(clean|invalidate) /, "maintenance"],
  [/^(dmb|dsb)\b/, "barrier"],
  [/^raise an interrupt /, "interrupt"],
  [/context synchronisation|^isb/, "synchronisation"],
];

/**
 * Gathers what belongs to one instruction, and finds the stores that were read. Register updates are left out: the loads tell them.
 *
 * @param steps - of all cores in one order
 *
 * @example
 * ```ts
 * const parsed = parseLitmus("ARM one\n{ %x=x; }\n P0 ;\n MOV R0,#1 ;\n STR R0,[%x] ;\nexists (x=1)");
 * const { witness } = parsed.ok ? runLitmus(parsed.test, { witness: true }) : {};
 * const graph = witnessGraph(witness ?? []);
 * Object.keys(graph); // ["cores", "boxes", "arrows"]
 * ```
 */
export function witnessGraph(steps: readonly WitnessStep[]): WitnessGraph {
  const boxes: { core: number; kind: WitnessBox["kind"]; lines: string[]; last: number }[] = [];
  const arrows: WitnessGraph["arrows"][number][] = [];
  const stores: { readonly t: number; readonly address: string; readonly value: string; readonly box: number }[] = [];
  const made = new Map<number, number>();
  steps.forEach(({ core, event, detail }, i) => {
    if (event === "set") return;
    const line = detail.replace(/^execute (0x[0-9a-f]+): /, "$1: ");
    const known = boxes.at(-1);
    // A fetch begins an instruction; what it does follows it.
    const follows =
      known?.core === core &&
      known.last >= i - 2 &&
      event !== "fetch" &&
      event !== "early" &&
      // No instruction's doing.
      event !== "take" &&
      (event === "execute" ? known.kind === "fetch" && known.lines.length === 1 : /^0x/.test(known.lines.at(-1)!));
    const kind = kinds.find(([pattern]) => pattern.test(detail))?.[1] ?? "other";
    if (follows) {
      known.lines.push(line);
      known.last = i;
      if (known.kind === "other") known.kind = kind;
    } else boxes.push({ core, kind, lines: [line], last: i });
    const box = boxes.length - 1;
    const store = /^store (0x[0-9a-f]+) to (0x[0-9a-f]+) becomes message @(\d+)/.exec(detail);
    if (store !== null) stores.push({ value: store[1]!, address: store[2]!, t: Number(store[3]), box });
    const message = /message @(\d+)/.exec(detail);
    if (message !== null && !made.has(Number(message[1]))) made.set(Number(message[1]), box);
    const read = /^load .* at (0x[0-9a-f]+): reads .* as of @(\d+)/.exec(detail);
    if (read !== null && made.has(Number(read[2])))
      arrows.push({ from: made.get(Number(read[2]))!, to: box, label: "read" });
    const fetched = /^fetch (0x[0-9a-f]+) from (0x[0-9a-f]+) as of @(\d+)/.exec(detail);
    if (fetched !== null) {
      // As of a position means: nothing later. The store itself is the latest one of the value up to there.
      const source = stores.findLast(
        ({ t, address, value }) => t <= Number(fetched[3]) && address === fetched[2] && value === fetched[1],
      );
      if (source !== undefined) arrows.push({ from: source.box, to: box, label: "fetch" });
    }
    const interrupt = /^take the interrupt raised by @(\d+)/.exec(detail);
    if (interrupt !== null && made.has(Number(interrupt[1])))
      arrows.push({ from: made.get(Number(interrupt[1]))!, to: box, label: "interrupt" });
  });
  return {
    cores: [...new Set(steps.map(({ core }) => core))].sort((a, b) => a - b),
    boxes: boxes.map(({ core, kind, lines }) => ({ core, kind, lines })),
    arrows: arrows.filter(({ from, to }) => from !== to && boxes[from]!.core !== boxes[to]!.core),
  };
}
