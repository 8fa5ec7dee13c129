import { assemble } from "@cmodx/codec";
import type { Random } from "./random.js";
import { start } from "./system.js";

// Programs for the oracle of exceptions: episodes that enter a mode in an instruction set, do what that mode may, and take exceptions, whose
// handlers log what they see and return in one of the ways there are.

/** Where things lie; the image ends behind the last. */
const at = {
  vectors: start + 0x8000,
  handlers: start + 0x9000,
  log: start + 0xc000,
  /** What user registers are loaded from, stored to, and stacks: below `end`. */
  given: start + 0x10000,
  kept: start + 0x10100,
  stacks: start + 0x11000,
  end: start + 0x12000,
} as const;

export interface ExceptionProgram {
  readonly text: string;
  readonly image: Uint8Array;
  /** Where it is over, and what it then has logged. */
  readonly over: number;
  readonly log: { readonly address: number; readonly size: number };
}

const modes = { usr: 0x10, irq: 0x12, svc: 0x13, abt: 0x17, und: 0x1b, sys: 0x1f } as const;
type Mode = keyof typeof modes;
type Isa = "arm" | "thumb";
const entered: readonly Mode[] = ["usr", "sys", "svc", "irq", "abt", "und"];
const banked: readonly Mode[] = ["svc", "irq", "abt", "und"];
const vectors = ["undefined", "svc", "prefetch", "data"] as const;
const conditions = ["eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"];

const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;
/** As many episodes as have room before the vectors; so often that what is hot is compiled. */
const [episodes, rounds] = [8, 60];
const dataRegisters = 4;

// r0 to r3 are data, r4 to r7 point to: what is loaded, a stack, what is stored, a word that is not aligned. r8 and r10 are the handlers';
// r10 tells them that the episode is over, and r11 where it goes on. r9 is the end of the log, r12 where an exception returns to.

/** LR and SPSR on a stack, and from there; each two leave the stack pointer as it was. */
const stacked = [
  ["srsdb", "rfeia"],
  ["srsia", "rfedb"],
  ["srsib", "rfeda"],
  ["srsda", "rfeib"],
] as const;

/** Before an RFE of the status and address that were pushed: how far its base lies from there. */
const bases = [
  ["rfeia", 0],
  ["rfeib", -4],
  ["rfeda", 4],
  ["rfedb", 8],
] as const;

/** Of the data-processing instructions that return from exceptions only those that qemu takes for such: MOVS and SUBS. */
function wayBack(random: Random, isa: Isa, mode: Mode): string[] {
  const link = "mov lr, r12";
  const rfe = (): string[] => {
    const [name, offset] = isa === "arm" ? random.one(bases) : random.one([bases[0], bases[3]]);
    const moved = offset === 0 ? [] : [`${offset < 0 ? "sub" : "add"} sp, sp, #${Math.abs(offset)}`];
    const push = ["mov r8, r12", "mrs r10, spsr", "stmdb sp!, {r8, r10}", "mov r10, #0"];
    return [...push, ...moved, `${name} sp${random.below(2) === 0 ? "!" : ""}`];
  };
  const srs = (): string[] => {
    const [store, load] = random.one(isa === "arm" ? stacked : stacked.slice(0, 2));
    return [link, `${store} sp!, #${modes[mode]}`, `${load} sp!`];
  };
  const offset = 4 * random.below(16);
  const ways: (() => string[])[] = [
    () => [`add lr, r12, #${offset}`, `subs pc, lr, #${offset}`],
    () => [link, isa === "arm" ? "movs pc, lr" : "subs pc, lr, #0"],
    () => [link, "eret"],
    rfe,
    srs,
  ];
  if (isa === "arm") {
    ways.push(
      () => [link, "stmdb sp!, {r3, lr}", "ldmia sp!, {r3, pc}^"],
      () => [link, "sub sp, sp, #8", "stmib sp, {r3, lr}", "ldmib sp!, {r3, pc}^"],
      () => ["mov r8, #12", "add lr, r12, #12", "subs pc, lr, r8"],
      () => ["mov r8, r12", "movs pc, r8, lsl #0"],
      () => ["ror r8, r12, #8", "movs pc, r8, ror #24"],
    );
  }
  return random.one(ways)();
}

/** Logs the vector, SPSR, CPSR, LR, SP, R0 to R7 and what the fault registers say, and goes back. */
function handlerOf(random: Random, vector: (typeof vectors)[number], number: number): string[] {
  const isa: Isa = random.below(2) === 0 ? "arm" : "thumb";
  const mode = ({ undefined: "und", svc: "svc", prefetch: "abt", data: "abt" } as const)[vector];
  const log = (...how: string[]): string[] => [...how, "str r8, [r9], #4"];
  return [
    `.${isa}`,
    `${vector}_handler:`,
    ...log(`mov r8, #${number}`),
    ...log("mrs r8, spsr"),
    ...log("mrs r8, cpsr"),
    ...log("mov r8, lr"),
    ...log("mov r8, sp"),
    "stmia r9!, {r0-r7}",
    ...(vector === "data" ? [...log("mrc p15, #0, r8, c5, c0, #0"), ...log("mrc p15, #0, r8, c6, c0, #0")] : []),
    ...(vector === "prefetch" ? log("mrc p15, #0, r8, c5, c0, #1") : []),
    ...(vector === "svc" ? ["cmp r10, #1", "bne svc_back", "mov r10, #0", "bx r11", "svc_back:"] : []),
    ...wayBack(random, isa, mode),
    ".align 2",
  ];
}

/** One exception that surely comes, or does not: r12 says where it comes back to. */
function exception(random: Random, isa: Isa, mode: Mode, label: string): string[] {
  const back = [`adr${isa === "thumb" ? ".w" : ""} r12, ${label}`];
  const behind = [`${label}:`];
  const abort = random.one(["ldmia r7, {r0, r1}", "stmia r7, {r0, r1}", "ldrd r0, r1, [r7]", "ldrex r0, [r7]"]);
  const condition = random.one(conditions);
  const certain = [
    `svc #${random.below(100)}`,
    `udf #${random.below(100)}`,
    `bkpt #${random.below(100)}`,
    abort,
    ...(mode === "usr"
      ? ["mcr p15, #0, r0, c7, c5, #0", "mcr p15, #0, r1, c7, c10, #1", "mrc p15, #0, r2, c1, c0, #0"]
      : []),
  ];
  if (random.below(3) > 0) return [...back, random.one(certain), ...behind];
  if (isa === "arm") return [...back, `svc${condition} #${random.below(100)}`, ...behind];
  // SVC anywhere in an IT block, which goes on behind it.
  const length = 1 + random.below(4);
  const where = random.below(length);
  const other = conditions[conditions.indexOf(condition) ^ 1]!;
  const then = Array.from({ length }, (_, i) => i === 0 || random.below(2) === 0);
  const body = then.flatMap((as, i) => {
    const suffix = as ? condition : other;
    if (i === where) return [`svc${suffix} #${random.below(100)}`, ...behind];
    return [`${random.one(["add", "eor", "sub"])}${suffix} r${random.below(4)}, r${random.below(4)}`];
  });
  // ADD and SUB of two registers have three operands in an IT block's 16-bit forms.
  const block = then.slice(1).map((as) => (as ? "t" : "e"));
  const lines = body.map((line) => line.replace(/^((?:add|sub|eor)\w+) (r\d), (r\d)$/, "$1 $2, $2, $3"));
  return [...back, `it${block.join("")} ${condition}`, ...lines];
}

/**
 * Something that the mode may do and that takes no exception. Not LDREX and STREX: an exception's return closes the monitor here, as ARMv8 has
 * it, and leaves it as it is under qemu.
 */
function item(random: Random, isa: Isa, mode: Mode): string[] {
  const r = (): string => `r${random.below(4)}`;
  const plain = [
    () => `adds ${r()}, ${r()}, ${r()}`,
    () => `mov ${r()}, sp`,
    () => `mov lr, ${r()}`,
    () => `mrs ${r()}, cpsr`,
    () => `msr cpsr_f, ${r()}`,
    () => `msr cpsr_fs, ${r()}`,
    // In User mode these change nothing.
    () => `cpsi${random.one(["e", "d"])} ${random.one(["a", "i", "f", "if", "aif"])}`,
    () => "mcr p15, #0, r0, c7, c10, #5",
    () => "isb sy",
  ];
  if (mode === "usr") return [random.one([...plain, () => `msr cpsr_c, ${r()}`])()];
  const others = banked.filter((other) => other !== mode);
  const privileged = [
    () => `mrs ${r()}, ${random.one(["sp", "lr", "spsr"])}_${random.one(others)}`,
    () => `msr lr_${random.one(others)}, ${r()}`,
    () => `msr sp_${random.one(others)}, r5`,
    () => `mrs ${r()}, ${random.one(["sp_fiq", "lr_fiq", "spsr_fiq", "r8_fiq", "r12_fiq"])}`,
    () => `msr ${random.one(["lr_fiq", "r8_fiq", "r10_fiq"])}, ${r()}`,
    () => "mcr p15, #0, r6, c7, c5, #1",
    () => `mrc p15, #0, ${r()}, c12, c0, #0`,
  ];
  const own = [
    () => `mrs ${r()}, spsr`,
    () => {
      const from = r();
      // Bits 23 to 20, which ARMv7 reserves, qemu does not keep.
      return `bic ${from}, ${from}, #0xf00000; msr spsr_fs, ${from}`;
    },
    () => `mrs ${r()}, ${random.one(["sp", "lr"])}_usr`,
    () => `msr lr_usr, ${r()}`,
    () =>
      `srs${random.one(isa === "arm" ? ["db", "ia", "ib", "da"] : ["db", "ia"])} sp${random.one(["", "!"])}, #${modes[random.one([...banked, "sys" as const])]}`,
    ...(isa === "arm"
      ? [() => "stmia r6, {r0, sp, lr}^", () => "ldmia r4, {r2, sp, lr}^", () => "ldmib r4, {sp}^"]
      : []),
  ];
  return [random.one([...plain, ...privileged, ...(mode === "sys" ? [] : own)])()];
}

/** From Supervisor mode, with the status given, to a label. */
function enter(random: Random, status: number, isa: Isa, label: string): string[] {
  const to = isa === "thumb" ? `${label} + 1` : label;
  const whole = status | (isa === "thumb" ? 0x20 : 0);
  const both = [`ldr r0, =${label}`, `ldr r1, =${hex(whole)}`];
  return random.one([
    () => [...both, "msr spsr_cxsf, r1", "mov lr, r0", random.one(["movs pc, lr", "subs pc, lr, #0", "eret"])],
    () => [...both, "stmdb sp!, {r0, r1}", "rfeia sp!"],
    () => [...both, "msr spsr_fc, r1", "stmdb sp!, {r0}", "ldmia sp!, {pc}^"],
    () => [`ldr r0, =${to}`, `cps #${status & 0x1f}`, "bx r0"],
    () => [`ldr r0, =${to}`, `msr cpsr_c, #${hex(status & 0xff)}`, "bx r0"],
  ])();
}

function episode(random: Random, number: number): string[] {
  const label = (name: string): string => `e${number}_${name}`;
  const lines = [`${label("start")}:`];
  const load = (register: string, value: number): void => void lines.push(`ldr ${register}, =${hex(value)}`);
  const stack = (): number => at.stacks + 0x100 + 8 * random.below(0x1c0);
  for (const bank of [...banked.slice(1), "usr" as const]) {
    load("r0", stack());
    lines.push(`msr sp_${bank}, r0`);
  }
  load("sp", stack());
  load("r4", at.given);
  load("r5", stack());
  load("r6", at.kept);
  load("r7", at.kept + 0x40 + 1 + random.below(3));
  lines.push(`ldr r11, =${label("end")}`, "mov r10, #0", "mov r8, #0");
  let mode = random.one(entered);
  const isa: Isa = random.below(2) === 0 ? "arm" : "thumb";
  const masks = random.one([0, 0x40, 0x80, 0xc0]);
  lines.push(...enter(random, (random.word() & 0xf80f_0000) | masks | modes[mode], isa, label("body")));
  lines.push(".ltorg", `.${isa}`, `${label("body")}:`);
  for (let register = 0; register < dataRegisters; register++) {
    const value = random.word();
    lines.push(`movw r${register}, #${hex(value & 0xffff)}`, `movt r${register}, #${hex(value >>> 16)}`);
  }
  for (let i = 1 + random.below(3); i > 0; i--) {
    for (let items = random.below(4); items > 0; items--) lines.push(...item(random, isa, mode));
    if (mode !== "usr" && random.below(4) === 0) {
      mode = random.one(entered);
      lines.push(`${random.one(["cps", "cpsid aif,", "cpsie a,", "cpsid if,"])} #${modes[mode]}`);
    }
    lines.push(...exception(random, isa, mode, label(`back${i}`)));
  }
  lines.push(
    "mov.w r10, #1".replace(isa === "arm" ? ".w" : "", ""),
    "svc #101",
    ".align 2",
    ".arm",
    `${label("end")}:`,
  );
  return lines;
}

/** Writes what no exception has shown, all banks of all modes, to the log. */
function banks(): string[] {
  const names = ["sp", "lr"].flatMap((register) =>
    ["usr", "fiq", "irq", "abt", "und"].map((mode) => `${register}_${mode}`),
  );
  const others = ["spsr_fiq", "spsr_irq", "spsr_abt", "spsr_und", "r8_fiq", "r10_fiq", "r12_fiq"];
  return [...names, ...others].flatMap((name) => [`mrs r8, ${name}`, "str r8, [r9], #4"]);
}

/** A program for `seed`'s next numbers; what is wrong with its text is ours. */
export function exceptionProgram(random: Random): ExceptionProgram {
  const main = [
    // The board begins in Hyp mode, without which a core has no MRS of banked registers there.
    "mrs r0, cpsr",
    "and r0, r0, #0x1f",
    "cmp r0, #0x1a",
    "bne begin",
    "ldr r0, =begin",
    "msr elr_hyp, r0",
    "mov r0, #0x1d3",
    "msr spsr_cxsf, r0",
    "eret",
    "begin:",
    "msr cpsr_fs, #0",
    `ldr r0, =${hex(at.vectors)}`,
    "mcr p15, #0, r0, c12, c0, #0",
    `ldr r8, =${rounds}`,
    "ldr r0, =count",
    "str r8, [r0]",
    "again:",
    "cpsid aif",
    `ldr r9, =${hex(at.log)}`,
    "b e0_start",
    ".ltorg",
    "count: .word 0",
    ...Array.from({ length: episodes }, (_, i) => episode(random, i)).flat(),
    ...banks(),
    "ldr r8, =count",
    "ldr r0, [r8]",
    "subs r0, r0, #1",
    "str r0, [r8]",
    "bne away",
    // SYS_OPEN of ":tt" to write, SYS_WRITE, SYS_EXIT.
    "over:",
    "ldr r1, =open",
    "mov r0, #1",
    "svc #0x123456",
    "ldr r1, =write",
    "str r0, [r1]",
    "mov r0, #5",
    "svc #0x123456",
    "mov r0, #0x18",
    "ldr r1, =0x20026",
    "svc #0x123456",
    "away: ldr pc, =again",
    ".ltorg",
    "open: .word name, 4, 3",
    `write: .word 0, ${hex(at.log)}, ${hex(at.end - at.log)}`,
    'name: .asciz ":tt"',
    ".align 2",
  ];
  const handlers = vectors.flatMap((vector, i) => handlerOf(random, vector, i + 1));
  const image = new Uint8Array(at.end - start);
  const text = main.join("\n");
  const place = (lines: string, address: number): ReadonlyMap<string, number> => {
    const made = assemble(lines, { isa: "a32", address });
    if (!made.ok) {
      const { line, message } = made.issues[0]!;
      throw new Error(`${lines.split("\n")[line - 1]}: ${message}`);
    }
    image.set(made.code, address - start);
    return made.labels;
  };
  const labels = place(text, start);
  const entries = place(handlers.join("\n"), at.handlers);
  const thumb = (vector: (typeof vectors)[number]): number =>
    handlers[handlers.indexOf(`${vector}_handler:`) - 1] === ".thumb" ? 1 : 0;
  place(
    [
      "nop",
      ...vectors.map((vector) => `ldr pc, =${hex(entries.get(`${vector}_handler`)! + thumb(vector))}`),
      ".ltorg",
    ].join("\n"),
    at.vectors,
  );
  const view = new DataView(image.buffer);
  for (let i = 0; i < 8; i++) view.setUint32(at.given - start + 4 * i, at.stacks + 0x200 + 64 * i, true);
  const log = { address: at.log, size: at.end - at.log };
  return { text: `${text}\n${handlers.join("\n")}`, image, over: labels.get("over")!, log };
}
