// A program that changes an instruction of its own and executes it, again and again, here and on qemu-system-arm (Debian qemu-system-arm):
// the whole sequence of maintenance, the call, and either form of the site in turn.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "@cmodx/codec";
import { cell, Machine, mode } from "../src/run/index.js";
import { timed } from "./peers.js";

/** Where the memory of qemu's board `virt` is, and the site in the program. */
const start = 0x40200000;
const site = start + 0x104;

function words(address: number, lines: readonly string[]): Buffer {
  const all = lines.map((line, i) => {
    const parsed = parse(line, { isa: "a32", address: address + 4 * i });
    if (!parsed.ok) throw new Error(`${line}: ${parsed.issues[0]?.message}`);
    return parsed.insn.word;
  });
  return Buffer.from(Uint32Array.from(all).buffer);
}

const away = `b 0x${(start + 0x200).toString(16)}`;

/** Ends by the semihosting call SYS_EXIT, after so many changes. */
function program(changes: number): Buffer {
  const image = Buffer.alloc(0x400);
  const hex = (address: number): string => `0x${address.toString(16)}`;
  const lines = [
    `movw r1, #${site & 0xffff}`,
    `movt r1, #${site >>> 16}`,
    `ldr r2, [pc, #${0x300 - 8 - 8}]`,
    `ldr r3, [pc, #${0x304 - 12 - 8}]`,
    `ldr r6, [pc, #${0x308 - 16 - 8}]`,
    // The loop.
    "eor r2, r2, r3",
    "str r2, [r1]",
    "mcr p15, #0, r1, c7, c11, #1",
    "dsb sy",
    "mcr p15, #0, r1, c7, c5, #1",
    "dsb sy",
    "isb sy",
    `bl ${hex(start + 0x100)}`,
    "subs r6, r6, #1",
    `bne ${hex(start + 0x14)}`,
    "mov r0, #0x18",
    "movw r1, #0x26",
    "movt r1, #2",
    "svc #0x123456",
  ];
  words(start, lines).copy(image);
  words(start + 0x100, ["mov r5, lr", "nop", "add r0, r0, #1", "bx r5"]).copy(image, 0x100);
  words(start + 0x200, ["add r4, r4, #1", "bx r5"]).copy(image, 0x200);
  const [nop, branch] = [words(site, ["nop"]).readInt32LE(), words(site, [away]).readInt32LE()];
  [nop, nop ^ branch, changes].forEach((word, i) => {
    image.writeInt32LE(word, 0x300 + 4 * i);
  });
  return image;
}

function secondsHere(changes: number): { readonly seconds: number; readonly compiled: number } {
  const machine = new Machine({ memoryBase: start, memoryBytes: 2 ** 20 });
  machine.memory.map(start, 0x1000, { read: true, write: true, execute: true });
  machine.memory.write(start, program(changes));
  const core = machine.cores[0]!;
  machine.setMode(core, mode.svc);
  core.cells[15] = start;
  machine.declareSite({ address: site, forms: [words(site, ["nop"]), words(site, [away])] });
  machine.supervisorCall = (stopping) => {
    stopping.stopped = { kind: "exit", reason: "semihosting" };
  };
  const before = process.cpuUsage();
  const { end, reason } = machine.run();
  const { user, system } = process.cpuUsage(before);
  if (end !== "exit" || core.cells[4] !== changes >> 1 || core.cells[cell.z] !== 1) throw new Error(reason);
  return { seconds: (user + system) / 1e6, compiled: machine.compilations };
}

function secondsOfQemu(changes: number): number | undefined {
  const folder = mkdtempSync(join(tmpdir(), "cmodx-"));
  const file = join(folder, "flip.bin");
  writeFileSync(file, program(changes));
  const loader = `loader,file="${file}",addr=0x${start.toString(16)},cpu-num=0,force-raw=on`;
  const ran = timed(
    `timeout 60 qemu-system-arm -M virt -cpu cortex-a15 -nic none -display none -semihosting -device ${loader}`,
  );
  rmSync(folder, { recursive: true });
  return ran?.seconds;
}

/** Microseconds that one change takes, with the execution of the site: between two numbers of changes, so without what comes before. */
export function flips(): { readonly here: number; readonly qemu: number | undefined; readonly compiled: number } {
  const [few, many] = [20_000, 220_000];
  const each = (less: number, more: number): number => ((more - less) / (many - few)) * 1e6;
  const [less, more] = [secondsOfQemu(few), secondsOfQemu(many)];
  // Ours are as many more as they are faster.
  const [one, other] = [secondsHere(1_000_000), secondsHere(6_000_000)];
  return {
    here: ((other.seconds - one.seconds) / 5_000_000) * 1e6,
    qemu: less === undefined || more === undefined ? undefined : each(less, more),
    compiled: other.compiled,
  };
}
