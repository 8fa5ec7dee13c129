/** A straight-line program of loads, stores and barriers, with dependencies said outright: no register, no view, no machine. */
export type Step =
  | { readonly kind: "read" | "write"; readonly location: number; readonly value: number; readonly needs?: Dependency }
  | { readonly kind: "dmb" | "dmb.st" | "dsb" | "dsb.st" | "isb" };

/** On an earlier read of the same thread, by its position among the thread's steps. */
export interface Dependency {
  readonly on: number;
  /** `ctrl` is a branch before this step, so it holds for every later step too. */
  readonly how: "addr" | "data" | "ctrl";
}

export type Program = readonly (readonly Step[])[];

/** A random program; every store of a location has a value of its own. */
export function randomProgram(pick: (below: number) => number): Program {
  const values = [1, 1];
  return Array.from({ length: 2 + (pick(3) === 0 ? 1 : 0) }, () => {
    const steps: Step[] = [];
    const length = 2 + pick(2);
    for (let memory = 0; memory < length; ) {
      if (memory > 0 && pick(3) === 0) {
        steps.push({ kind: (["dmb", "dmb.st", "dsb", "dsb.st", "isb"] as const)[pick(5)]! });
        if (steps.at(-2)?.kind.startsWith("d") && pick(2)) steps.pop();
        if (steps.length > 8) break;
      }
      const reads = steps.flatMap(({ kind }, i) => (kind === "read" ? [i] : []));
      const location = pick(2);
      const kind = pick(2) === 0 ? "read" : "write";
      const how = (["addr", "ctrl", "data"] as const)[pick(kind === "read" ? 2 : 3)]!;
      const needs = reads.length > 0 && pick(2) === 0 ? { needs: { on: reads[pick(reads.length)]!, how } } : {};
      steps.push({ kind, location, value: kind === "write" ? values[location]!++ : 0, ...needs });
      memory++;
    }
    return steps;
  });
}

const names = ["x", "y"];

/** The program as a litmus test: the same dependencies, made of instructions. Read i of a thread ends in Ri. */
export function toLitmus(program: Program): string {
  const columns = program.map((steps) => {
    let reads = 0;
    const register = new Map<number, string>();
    const lines: string[] = [];
    for (const [i, step] of steps.entries()) {
      if (step.kind !== "read" && step.kind !== "write") {
        lines.push(step.kind.toUpperCase().replace(".", " "));
        continue;
      }
      const { location, value, needs } = step;
      const on = needs === undefined ? undefined : register.get(needs.on)!;
      const how = needs?.how;
      if (how === "ctrl") lines.push(`CMP ${on},${on}`, `BNE L${i}`, `L${i}:`);
      if (how === "addr" || how === "data") lines.push(`EOR R8,${on},${on}`);
      const address = how === "addr" ? `[R8,%${names[location]}]` : `[%${names[location]}]`;
      if (step.kind === "read") {
        register.set(i, `R${reads++}`);
        lines.push(`LDR ${register.get(i)},${address}`);
      } else lines.push(how === "data" ? `ADD R9,R8,#${value}` : `MOV R9,#${value}`, `STR R9,${address}`);
    }
    return lines;
  });
  const rows = Math.max(...columns.map(({ length }) => length));
  const table = [
    columns.map((_, i) => `P${i}`),
    ...Array.from({ length: rows }, (_, row) => columns.map((c) => c[row] ?? "")),
  ];
  const observed = program.flatMap((steps, thread) =>
    steps.filter(({ kind }) => kind === "read").map((_, i) => `${thread}:R${i};`),
  );
  return `ARM random\n{ %x=x; %y=y; }\n${table.map((cells) => `${cells.join("|")};`).join("\n")}\nlocations [${observed.join(" ")} [x]; [y];]\nexists (true)\n`;
}
