// `pnpm oracle machine --interrupts [--seed N] [--count N]`: programs that send themselves software generated interrupts, mask and unmask
// them, here and on qemu-system-arm's board `virt` with its GICv2 (Debian qemu-system-arm): the interrupts taken, in their order.
import { parse } from "@cmodx/codec";
import { Machine, mode } from "../src/run/index.js";
import { Random } from "./random.js";
import { start, underQemuSystem } from "./system.js";

/** Where the board has them. */
const [distributor, cpuInterface] = [0x0800_0000, 0x0801_0000];
const [vectors, handler, log, size] = [start + 0x8000, start + 0x8100, start + 0x9000, 0xa000];

function place(image: Buffer, address: number, lines: readonly string[]): void {
  lines.forEach((line, i) => {
    const parsed = parse(line, { isa: "a32", address: address + 4 * i });
    if (!parsed.ok) throw new Error(`${line}: ${parsed.issues[0]?.message}`);
    image.writeUInt32LE(parsed.insn.word, address - start + 4 * i);
  });
}

const load = (register: string, value: number): string[] => [
  `movw ${register}, #${value & 0xffff}`,
  `movt ${register}, #${value >>> 16}`,
];

/** The program writes a letter for each interrupt it takes, and ends by semihosting: SYS_WRITE0, SYS_EXIT. */
function programOf(random: Random): Buffer {
  const image = Buffer.alloc(size);
  const lines = [
    ...load("r0", vectors),
    "mcr p15, #0, r0, c12, c0, #0",
    ...load("r9", log),
    ...load("r10", distributor),
    ...load("r11", cpuInterface),
    "mov r3, #1",
    "str r3, [r10]",
    "str r3, [r11]",
    `mov r3, #${random.below(8) === 0 ? 0 : 0xf0}`,
    "str r3, [r11, #4]",
    "cpsie i",
  ];
  for (let i = 0; i < 40; i++) {
    const what = random.below(8);
    if (what < 5) {
      // To itself, or, in a list, to core 0, which it is; to all others it is to none.
      const target = [0x0200_0000, 0x0001_0000, 0x0100_0000, 0x0003_0000][random.below(4)]!;
      // The ISB ends what qemu translates together: it looks for interrupts behind it.
      lines.push(...load("r4", (target | random.below(16)) >>> 0), "str r4, [r10, #0xf00]", "isb sy");
    } else if (what < 7) lines.push(random.below(2) === 0 ? "cpsid i" : "cpsie i");
    else
      lines.push(
        `mov r3, #${random.below(3) === 0 ? 0 : 1}`,
        `str r3, [${random.below(2) === 0 ? "r10" : "r11"}]`,
        "isb sy",
      );
  }
  lines.push("cpsie i", "isb sy", ...load("r1", log), "mov r0, #4", "svc #0x123456");
  lines.push("mov r0, #0x18", "movw r1, #0x26", "movt r1, #2", "svc #0x123456");
  place(image, start, lines);
  place(image, vectors + 0x18, [`b 0x${handler.toString(16)}`]);
  place(image, handler, [
    "ldr r6, [r11, #0xc]",
    "add r7, r6, #0x41",
    "strb r7, [r9], #1",
    "str r6, [r11, #0x10]",
    "subs pc, lr, #4",
  ]);
  return image;
}

function here(image: Buffer): string {
  const machine = new Machine({
    memoryBase: start,
    memoryBytes: 2 ** 20,
    exceptions: "vectors",
    interruptController: { distributor, cpuInterface },
  });
  machine.memory.map(start, size, { read: true, write: true, execute: true });
  machine.memory.write(start, image);
  const core = machine.cores[0]!;
  machine.setMode(core, mode.svc);
  core.cells[15] = start;
  let output = "";
  machine.supervisorCall = (calling) => {
    if (calling.cells[0] !== 4) calling.stopped = { kind: "exit", reason: "semihosting" };
    else output = Buffer.from(machine.memory.read(log, 256)).toString("latin1").split("\0")[0]!;
  };
  const { end, reason } = machine.run({ instructions: 10_000 });
  return end === "exit" ? output : reason;
}

/** How many programs differ. */
export function compareInterrupts(seed: number, count: number): number {
  const random = new Random(seed);
  let [taken, different] = [0, 0];
  for (let i = 0; i < count; i++) {
    const image = programOf(random);
    const [ours, theirs] = [here(image), underQemuSystem(image)];
    taken += theirs.length;
    if (ours === theirs) continue;
    different++;
    console.error(`program ${i} of seed ${seed}: here ${ours}, qemu ${theirs}`);
  }
  console.log(
    `machine: seed ${seed}: ${count} programs, ${taken} interrupts taken: ${different} programs otherwise than under qemu-system-arm`,
  );
  return different;
}
