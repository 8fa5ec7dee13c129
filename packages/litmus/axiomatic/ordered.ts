import { written } from "./written.js";

/** A random A32 test of data: plain, load-acquire, store-release and exclusive accesses of two locations, with barriers and dependencies between. */
export function orderedTest(pick: (below: number) => number): string {
  const threads = 2 + (pick(4) === 0 ? 1 : 0);
  const observed: string[] = [];
  let values = 1;
  const columns = Array.from({ length: threads }, (_, thread) => {
    const lines: string[] = [];
    let registers = 0;
    const shown = (): string => {
      observed.push(`${thread}:R${registers}`);
      return `R${registers++}`;
    };
    let last: string | undefined;
    const load = (mnemonic: string, place: string): void => {
      last = shown();
      lines.push(`${mnemonic} ${last},${place}`);
    };
    let exclusives = 0;
    for (let access = 0; access < 2 + pick(3); access++) {
      if (access > 0) lines.push(...([[], [], ["DMB"], ["DMB ST"], ["DMB ISHLD"]][pick(5)] ?? []));
      let place = `[%${["x", "y"][pick(2)]}]`;
      const kind = pick(8);
      if (last !== undefined && kind < 4 && pick(4) === 0) {
        lines.push(`EOR R8,${last},${last}`);
        place = place.replace("[", "[R8,");
      }
      if (kind < 2) load("LDR", place);
      else if (kind < 4) lines.push(`MOV R9,#${values++}`, `STR R9,${place}`);
      else if (kind === 4) load("LDA", place);
      else if (kind === 5) lines.push(`MOV R9,#${values++}`, `STL R9,${place}`);
      else if (exclusives++ === 0) {
        const [first, second] = [pick(3) === 0 ? "LDAEX" : "LDREX", pick(3) === 0 ? "STLEX" : "STREX"];
        lines.push(`${first} ${shown()},${place}`, `MOV R9,#${values++}`, `${second} ${shown()},R9,${place}`);
        // What a core stores by an exclusive it may read again, in either way.
        if (pick(2) === 0) load(pick(2) === 0 ? "LDA" : "LDR", place);
      }
    }
    return lines;
  });
  return written({ head: ["ARM ordered"], initial: "%x=x; %y=y;", columns, locations: [...observed, "[x]", "[y]"] });
}
