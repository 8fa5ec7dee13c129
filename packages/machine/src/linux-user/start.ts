import type { Machine } from "../run/index.js";
import { cell } from "../run/index.js";
import type { Program } from "./program.js";

/** What the auxiliary vector says the processor has (Linux's HWCAP bits for ARM). */
const capabilities = {
  swp: 1,
  half: 2,
  thumb: 4,
  fastMultiply: 16,
  vfp: 64,
  edsp: 128,
  vfpv3: 8192,
  tls: 32768,
  divideA32: 1 << 17,
  divideT32: 1 << 18,
  vfpd32: 1 << 19,
};

/** Where things are in the address space of a process. */
export interface AddressSpace {
  /** End of the data segment, where brk starts. */
  readonly end: number;
  readonly stackTop: number;
  readonly stackBottom: number;
}

const stackBytes = 8 * 2 ** 20;
const pageSize = 4096;

/** The page of helpers that Linux maps at the top for user programs: barrier, compare and exchange, thread register. */
const helpers = {
  page: 0xffff0000,
  version: [0xffff0ffc, [2]],
  barrier: [0xffff0fa0, [0xf57ff05b, 0xe12fff1e]], // dmb ish; bx lr
  exchange: [0xffff0fc0, [0xeaffff8e]], // b 0xffff0e00
  threadRegister: [0xffff0fe0, [0xee1d0f70, 0xe12fff1e]], // mrc p15, 0, r0, c13, c0, 3; bx lr
  exchangeBody: [
    0xffff0e00,
    [
      0xf57ff05b, // dmb ish
      0xe1923f9f, // ldrex r3, [r2]
      0xe0533000, // subs r3, r3, r0
      0x01823f91, // strexeq r3, r1, [r2]
      0x03330001, // teqeq r3, #1
      0x0afffffa, // beq -24
      0xf57ff05b, // dmb ish
      0xe2730000, // rsbs r0, r3, #0
      0xe12fff1e, // bx lr
    ],
  ],
} as const;

// Every host has it; no host's type library is assumed.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

/** A string as C has it. */
export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

function words(values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

/** Loads a program and its arguments as Linux does, and points the first core at its entry. */
export function load(
  machine: Machine,
  program: Program,
  args: readonly string[],
  environment: readonly string[],
): AddressSpace | "no room" {
  const { memory } = machine;
  let end = 0;
  for (const { address, bytes, memoryBytes, permissions } of program.segments) {
    if (!memory.map(address, memoryBytes, permissions)) return "no room";
    memory.write(address, bytes);
    end = Math.max(end, address + memoryBytes);
  }
  memory.map(helpers.page, pageSize, { read: true, execute: true });
  for (const part of [helpers.version, helpers.barrier, helpers.exchange, helpers.threadRegister, helpers.exchangeBody])
    memory.write(part[0], words(part[1]));

  const stackTop = memory.bytes - 0x10000;
  const stackBottom = stackTop - stackBytes;
  if (!memory.map(stackBottom, stackBytes, { read: true, write: true })) return "no room";
  const sp = pushArguments(machine, program, stackTop, args, environment);
  const core = machine.cores[0]!;
  core.cells[13] = sp;
  core.cells[15] = program.entry & ~1;
  core.cells[cell.thumb] = program.entry & 1;
  for (const other of machine.cores) other.waiting = other !== core;
  return { end: (end + pageSize - 1) & -pageSize, stackTop, stackBottom };
}

/** argc, argv, envp and the auxiliary vector, below the strings they point to. Returns the stack pointer. */
function pushArguments(
  { memory }: Machine,
  program: Program,
  top: number,
  args: readonly string[],
  environment: readonly string[],
): number {
  let at = top;
  const push = (bytes: Uint8Array): number => {
    at -= bytes.length;
    memory.write(at, bytes);
    return at;
  };
  const text = (value: string): number => push(cString(value));
  const argv = args.map(text);
  const envp = environment.map(text);
  const platform = text("v7l");
  // The same bytes in every run: runs are to be repeatable.
  const random = push(Uint8Array.from({ length: 16 }, (_, i) => (i * 37 + 11) & 255));
  const hwcap = Object.values(capabilities).reduce((all, bit) => all | bit, 0);
  const { headers } = program;
  const first = program.segments.find(
    ({ bytes }) => headers !== undefined && bytes.length >= headers.offset + 32 * headers.count && bytes[0] === 0x7f,
  );
  const auxiliary = [
    ...(headers === undefined || first === undefined
      ? []
      : [3, first.address + headers.offset, 4, 32, 5, headers.count]),
    ...[6, pageSize, 7, 0, 8, 0, 9, program.entry, 11, 0, 12, 0, 13, 0, 14, 0],
    ...[15, platform, 16, hwcap, 17, 100, 23, 0, 25, random, 31, argv[0] ?? 0, 0, 0],
  ];
  const block = [args.length, ...argv, 0, ...envp, 0, ...auxiliary];
  const sp = (at - 4 * block.length) & ~15;
  memory.write(sp, words(block.map((value) => value >>> 0)));
  return sp;
}
