import { everyLine, type Message, type WitnessStep } from "@cmodx/machine";

/** The message that a line of a witness says its core has made, with its position. */
export function messageOf({ core, detail }: WitnessStep, lineBytes: number): [position: number, Message] | undefined {
  const line = detail.replace(/^ahead of program order: /, "");
  const at = Number(/message @(\d+)/.exec(line)?.[1] ?? 0);
  if (at === 0) return undefined;
  const store = /^store(?:-exclusive|-release)? 0x([0-9a-f]+) to 0x([0-9a-f]+) /.exec(line);
  if (store) {
    const [, digits = "", address = ""] = store;
    const size = digits.length / 2;
    const value = Number.parseInt(digits, 16) | 0;
    return [at, { kind: "W", core, address: Number.parseInt(address, 16), size, value }];
  }
  const interrupt = /^raise an interrupt for core (\d+)/.exec(line);
  if (interrupt) return [at, { kind: "IPI", core, to: Number(interrupt[1]) }];
  const maintained = /0x([0-9a-f]+)/.exec(line)?.[1];
  const lineNumber = maintained === undefined ? everyLine : Math.floor(Number.parseInt(maintained, 16) / lineBytes);
  if (line.startsWith("clean")) return [at, { kind: "D", core, line: lineNumber }];
  if (line.startsWith("invalidate")) {
    return [at, { kind: "I", core, line: lineNumber, local: /local|this core/.test(line) }];
  }
  return undefined;
}
