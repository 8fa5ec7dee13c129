import { deflateSync } from "node:zlib";
import { type ElfImage, memorySource, openElf, sourceLines } from "@cmodx/elf";
import { inflate } from "@cmodx/elf/node";
import { describe, expect, test } from "vitest";
import { randomBelow } from "../../../test/random.js";
import { sampleBytes } from "./samples.js";

// Line tables made by hand, byte by byte as DWARF has them: every version, every opcode, and what is damaged.

const uleb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...uleb(value >>> 7)]);
const sleb = (value: number): number[] => {
  const low = value & 127;
  const rest = value >> 7;
  const last = (rest === 0 && low < 64) || (rest === -1 && low >= 64);
  return last ? [low] : [low | 128, ...sleb(rest)];
};
const u16 = (value: number) => [value & 255, value >>> 8];
const u32 = (value: number) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
const text = (value: string) => [...new TextEncoder().encode(value), 0];

const OPERANDS = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
const setAddress = (address: number) => [0, 5, 2, ...u32(address)];
const end = [0, 1, 1];
/** A special opcode for so many bytes and lines further. */
const special = (bytes: number, lines: number) => 13 + (bytes / 2) * 14 + (lines + 5);

function unit(version: number, program: readonly number[], names?: readonly number[]): number[] {
  const files =
    names ??
    (version === 5
      ? [1, 1, 8, 2, ...text("/src"), ...text("sub"), 2, 1, 8, 2, 11, 2, ...text("a.c"), 0, ...text("b.c"), 1]
      : [...text("/src/sub"), 0, ...text("a.c"), 0, 0, 0, ...text("b.c"), 1, 0, 0, 0]);
  const header = [2, ...(version >= 4 ? [1] : []), 1, 256 - 5, 14, 13, ...OPERANDS, ...files];
  const body = [...u16(version), ...(version === 5 ? [4, 0] : []), ...u32(header.length), ...header, ...program];
  return [...u32(body.length), ...body];
}

/** An image whose `.debug_line` is these bytes. */
function imageOf(bytes: readonly number[], flags = 0): ElfImage {
  const image = openElf(memorySource(sampleBytes("sites-arm.elf")));
  const offset = image.source.size;
  const whole = Uint8Array.from([...image.source.read(0, offset), ...bytes]);
  const section = {
    ...image.sections[1],
    index: 1,
    flags,
    inFile: true,
    offset,
    size: bytes.length,
    headerOffset: 0,
  };
  return Object.create(openElf(memorySource(whole)), {
    sectionsNamed: { value: (name: string) => (name === ".debug_line" ? [section] : []) },
  }) as ElfImage;
}
const linesAt = (bytes: readonly number[], ...addresses: number[]) =>
  sourceLines(
    imageOf(bytes),
    addresses.map((address) => ({ section: undefined, address })),
  ).map((found) => (found === undefined ? undefined : `${found.file}:${found.line}`));

describe.each([2, 3, 4, 5])("version %d", (version) => {
  const file = version === 5 ? ["/src/a.c", "/src/sub/b.c"] : ["a.c", "/src/sub/b.c"];
  // Files count from 0 in version 5, and from 1 before; the program begins with number 1.
  const first = version === 5 ? file[1] : file[0];

  test("rows cover what lies between them, up to the end of the sequence", () => {
    const program = [...setAddress(0x8000), special(0, 4), special(4, 3), ...[2, ...uleb(4)], ...end];
    expect(linesAt(unit(version, program), 0x7ffe, 0x8000, 0x8002, 0x8004, 0x800b, 0x800c)).toEqual([
      undefined,
      `${first}:5`,
      `${first}:5`,
      `${first}:8`,
      `${first}:8`,
      undefined,
    ]);
  });

  test("every standard opcode", () => {
    const program = [
      ...setAddress(0x8000),
      ...[3, ...sleb(-1), ...[3, ...sleb(200)], 1],
      // Constant add: the advance of opcode 255, 17 instructions of two bytes.
      ...[8, 4, version === 5 ? 0 : 2, 6, 7, 10, 11, 5, ...uleb(300), 12, ...uleb(1), 1],
      ...[9, ...u16(6), ...[3, ...sleb(-100)], 1],
      ...[2, ...uleb(2)],
      ...end,
    ];
    const second = version === 5 ? file[0] : file[1];
    expect(linesAt(unit(version, program), 0x8000, 0x8022, 0x8028)).toEqual([
      `${first}:200`,
      `${second}:200`,
      `${second}:100`,
    ]);
  });

  test("extended opcodes that are not known are passed over", () => {
    const program = [...setAddress(0x8000), 0, 4, 0x80, 1, 2, 3, special(0, 1), 2, 2, ...end];
    expect(linesAt(unit(version, program), 0x8000)).toEqual([`${first}:2`]);
  });
});

test("what lies between two sequences of a unit belongs to neither", () => {
  const program = [
    ...setAddress(0x8000),
    special(0, 1),
    2,
    2,
    ...end,
    ...setAddress(0x9000),
    special(0, 2),
    2,
    2,
    ...end,
  ];
  expect(linesAt(unit(4, program), 0x8000, 0x8010, 0x9000)).toEqual(["a.c:2", undefined, "a.c:3"]);
});

test("units follow each other, and one of an unknown version or damaged is passed over", () => {
  const good = unit(4, [...setAddress(0x8000), special(0, 1), 2, 4, ...end]);
  const other = unit(3, [...setAddress(0x9000), special(0, 2), 2, 4, ...end]);
  expect(linesAt([...unit(9, []), ...good, ...unit(4, [2, 0x80]), ...other], 0x8000, 0x9000)).toEqual([
    "a.c:2",
    "a.c:3",
  ]);
});

test("a length that makes no sense ends the table", () => {
  const good = unit(4, [...setAddress(0x8000), special(0, 1), 2, 4, ...end]);
  expect(linesAt([...good, 0xff, 0xff, 0xff, 0xff, 0, 0], 0x8000)).toEqual(["a.c:2"]);
  expect(linesAt([...good, 1, 2], 0x8000)).toEqual(["a.c:2"]);
});

test("a Thumb address has no bit 0, and equal addresses keep the last row", () => {
  const program = [...setAddress(0x8001), special(0, 1), special(0, 5), 2, 4, ...end];
  expect(linesAt(unit(4, program), 0x8000)).toEqual(["a.c:7"]);
});

test("no bytes make it crash or hang", () => {
  const next = randomBelow(17);
  const good = [
    ...unit(5, [...setAddress(0x8000), special(0, 1), special(4, 1), ...end]),
    ...unit(2, [...setAddress(0x9000), special(0, 1), ...end]),
  ];
  for (let round = 0; round < 3000; round++) {
    const bytes = [...good];
    for (let i = next(6); i >= 0; i--) bytes[next(bytes.length)] = next(256);
    linesAt(bytes.slice(0, next(2) === 0 ? bytes.length : next(bytes.length)), 0x8000, 0x9000);
  }
});

const rows = [...setAddress(0x8000), special(0, 1), special(4, 1), ...end];
const good = unit(5, [...setAddress(0x9000), special(0, 1), special(4, 1), ...end]);

test("a list that counts more than its unit has is damaged, and does not read the next unit", () => {
  // So many directories of a byte each; behind the unit is one of an unknown version, all zeroes, which would do for them.
  const greedy = unit(5, rows, [1, 2, 11, ...uleb(100), 0, 0]);
  const zeroes = [...u32(300), 9, 0, ...Array<number>(298).fill(0)];
  expect(linesAt([...greedy, ...zeroes, ...good], 0x8000, 0x9000)).toEqual([undefined, "/src/sub/b.c:2"]);
});

test("units that each claim all that follows take no longer than what they are", () => {
  const greedy = unit(5, [], [1, 2, 11, 0xff, 0xff, 0xff, 0x7f]);
  const many = Array.from({ length: 8000 }, () => greedy).flat();
  expect(linesAt([...many, ...good], 0x9000)).toEqual(["/src/sub/b.c:2"]);
});

test("rows that cover the same places over and over find each of them once", () => {
  const count = 4000;
  const all = [0, 5, 2, ...u32(0), special(0, 1), 0, 5, 2, ...u32(0x4000_0000), special(0, 1), ...end];
  const places = Array.from({ length: count }, (_, i) => ({ section: undefined, address: 4 * i }));
  const found = sourceLines(imageOf(unit(4, Array.from({ length: count }, () => all).flat())), places);
  expect(found.length).toBe(count);
  expect(found.every((line) => line?.line === 2)).toBe(true);
});

test("no path is longer than a system takes", () => {
  const named = (length: number) => [1, 1, 8, 1, ...text("/s"), 1, 1, 8, 2, ...text("a"), ...text("b".repeat(length))];
  expect(linesAt(unit(5, rows, named(4092)), 0x8000)[0]?.length).toBe(4095 + 2);
  expect(linesAt(unit(5, rows, named(4093)), 0x8000)).toEqual([undefined]);
});

describe("a compressed section", () => {
  const shfCompressed = 0x800;
  const places = [{ section: undefined, address: 0x9000 }];
  /** `ch_type`, `ch_size` and `ch_addralign`, then the stream. */
  const packed = (type: number, size: number, bytes: Iterable<number>) => [
    ...u32(type),
    ...u32(size),
    ...u32(1),
    ...bytes,
  ];
  const stream = deflateSync(Uint8Array.from(good));
  const read = (bytes: readonly number[], unpack = true) =>
    sourceLines(imageOf(bytes, shfCompressed), places, unpack ? inflate : undefined);

  test("is unpacked where it is zlib's, by whoever can", () => {
    expect(read(packed(1, good.length, stream))).toEqual([{ file: "/src/sub/b.c", line: 2 }]);
    expect(read(packed(1, good.length, stream), false)).toEqual([undefined]);
  });

  test("has no lines where it is damaged, of another kind, or larger than it says or may be", () => {
    for (const bad of [
      [1, 0, 0],
      packed(2, good.length, stream),
      packed(1, 0, stream),
      packed(1, good.length - 1, stream),
      packed(1, good.length + 1, stream),
      packed(1, 0xffff_ffff, stream),
      packed(1, good.length, stream.subarray(0, 9)),
      packed(1, good.length, stream.fill(0xee, 4, 8)),
    ]) {
      expect(read(bad)).toEqual([undefined]);
    }
  });
});
