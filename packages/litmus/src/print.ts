import type { CodeLine, Condition, Constant, Initial, LitmusTest, Observable } from "./litmus-test.js";

/**
 * A test as text that {@link parseLitmus} reads back to the same test. Comments and spacing are not kept.
 *
 * @param test - of any dialect
 *
 * @example
 * ```ts
 * const parsed = parseLitmus("ARM one\n{}\nP0;\nNOP;\nexists (true)");
 * parsed.ok && printLitmus(parsed.test); // "ARM one\n{\n}\n P0  ;\n NOP ;\nexists true\n"
 * ```
 */
export function printLitmus(test: LitmusTest): string {
  const lines = [`${test.arch} ${test.name}`];
  if (test.doc !== undefined) lines.push(`"${test.doc}"`);
  for (const [key, value] of Object.entries(test.info)) lines.push(`${key}=${value}`);
  lines.push("{", ...test.initial.map((item) => `${showInitial(item)};`), "}");

  const rows = Math.max(0, ...test.columns.map(({ lines: own }) => own.length));
  const columns = test.columns.map((column) => [
    `P${column.processor}${column.handler === false ? "" : handlers[column.handler]}`,
    ...Array.from({ length: rows }, (_, i) => showLine(column.lines[i])),
  ]);
  const widths = columns.map((cells) => Math.max(...cells.map((cell) => cell.length)));
  for (let row = 0; row <= rows; row++) {
    lines.push(` ${columns.map((cells, i) => cells[row]!.padEnd(widths[i]!)).join(" | ")} ;`);
  }
  if (test.locations.length > 0)
    lines.push(`locations [${test.locations.map((one) => `${showObservable(one)};`).join(" ")}]`);
  if (test.filter !== undefined) lines.push(`filter ${showCondition(test.filter)}`);
  lines.push(`${test.quantifier} ${showCondition(test.condition)}`);
  return `${lines.join("\n")}\n`;
}

const handlers = { fault: ".F", interrupt: ".I" } as const;

function showInitial({ target, value }: Initial): string {
  const left =
    target.kind === "location"
      ? showObservable(target)
      : target.processor === undefined
        ? target.name
        : `${target.processor}:${target.name}`;
  return `${left}=${showConstant(value)}`;
}

function showLine(line: CodeLine | undefined): string {
  if (line === undefined) return "";
  return [...line.labels.map((label) => `${label}:`), ...(line.text === undefined ? [] : [line.text])].join(" ");
}

/** As herd shows it: `0:R1`, `[x]`. */
export function showObservable(observable: Observable): string {
  if (observable.kind === "register") return `${observable.processor}:${observable.name}`;
  return observable.offset === 0 ? `[${observable.name}]` : `[${observable.name}+${observable.offset}]`;
}

/** A condition with as many parentheses as it needs to be read back the same, one pair around the whole. */
export function showCondition(condition: Condition): string {
  const inner = show(condition, 0);
  return condition.kind === "constant" ? inner : `(${inner})`;
}

const strength: Readonly<Record<string, number>> = { or: 1, and: 2, implies: 3 };
const signs: Readonly<Record<string, string>> = { implies: "=>", or: "\\/", and: "/\\" };

function show(condition: Condition, around: number): string {
  switch (condition.kind) {
    case "constant":
      return String(condition.value);
    case "equals":
      return `${showObservable(condition.left)}${condition.negated ? "<>" : "="}${condition.right.kind === "place" ? showObservable(condition.right.place) : showConstant(condition.right)}`;
    case "fault":
      return `fault(P${condition.processor}${condition.label === undefined ? "" : `:${condition.label}`}${condition.about === undefined ? "" : `,${condition.about}`})`;
    case "not":
      return `not (${show(condition.of, 0)})`;
    default: {
      const own = strength[condition.kind]!;
      // `\/` and `/\` group to the left, `=>` to the right.
      const [left, right] = condition.kind === "implies" ? [own + 1, own] : [own, own + 1];
      const text = `${show(condition.left, left)} ${signs[condition.kind]} ${show(condition.right, right)}`;
      return own < around ? `(${text})` : text;
    }
  }
}

/** A value as a test writes it. */
export function showConstant(constant: Constant): string {
  const offset = "offset" in constant && constant.offset !== 0 ? `+${constant.offset}` : "";
  switch (constant.kind) {
    case "integer":
      return String(constant.value);
    case "location":
      return constant.name + offset;
    case "label":
      return `P${constant.processor}:${constant.label}${offset}`;
    case "mapping":
      return `(oa:PA(${showConstant(constant.to)}))`;
    case "interrupt":
      return `ipi(${constant.processors.map((processor) => `P${processor}`).join()})`;
    case "foreign":
      return constant.text;
    case "instruction":
      return constant.text === "NOP" ? "NOP" : `instr:"${constant.text}"`;
  }
}
