import {
  bytesOf,
  cmodxClass,
  decodeA32,
  decodeT32,
  effects,
  format,
  type Insn,
  isWide,
  type Profile,
  parse,
  type RegisterSet,
} from "@cmodx/codec";
import type { IsaName } from "../engine/state.js";

// What the explorer shows of an instruction, all of it from the codec's table.

/** Bits that belong together in the diagram: a field, or fixed ones. */
export interface Group {
  readonly name: string | null;
  readonly bits: string;
  /** The number of the highest bit. */
  readonly from: number;
  readonly value: number;
}

export interface Neighbour {
  readonly bit: number;
  readonly field: string | null;
  readonly word: number;
  readonly size: 2 | 4;
  readonly text: string;
  readonly status: string;
  readonly kind: string | null;
}

export type Asked = { readonly ok: true; readonly insn: Insn } | { readonly ok: false; readonly message: string };

/** Reads assembler text; or, where it is none, a word as the manual prints it, or bytes in the order of memory. */
export function readInsn(text: string, isa: IsaName, address: number): Asked {
  const trimmed = text.trim();
  const bytes = /^([0-9a-f]{2})([ ,]+[0-9a-f]{2}){1,3}$/i.test(trimmed) ? trimmed.split(/[ ,]+/) : undefined;
  if (bytes?.length === 2 || bytes?.length === 4)
    return {
      ok: true,
      insn: ofBytes(
        bytes.map((each) => Number.parseInt(each, 16)),
        isa,
        address,
      ),
    };
  const parsed = parse(trimmed, { isa, address });
  if (parsed.ok) return { ok: true, insn: parsed.insn };
  const digits = /^(?:0x)?([0-9a-f]{4}|[0-9a-f]{4} ?[0-9a-f]{4})$/i.exec(trimmed)?.[1]?.replace(" ", "");
  if (digits !== undefined && !(isa === "a32" && digits.length === 4)) {
    const word = Number.parseInt(digits, 16);
    return { ok: true, insn: ofWord(word, digits.length === 8 ? 4 : 2, isa, address) };
  }
  const [issue] = parsed.issues;
  return {
    ok: false,
    message: issue === undefined ? "not an instruction" : `${issue.message}${issue.hint ? `; ${issue.hint}` : ""}`,
  };
}

function ofBytes(bytes: readonly number[], isa: IsaName, address: number): Insn {
  const halves = [bytes[0]! | (bytes[1]! << 8), (bytes[2] ?? 0) | ((bytes[3] ?? 0) << 8)] as const;
  if (isa === "a32") return decodeA32((halves[0] | (halves[1] << 16)) >>> 0, address);
  return decodeT32(halves[0], halves[1], address);
}

function ofWord(word: number, size: 2 | 4, isa: IsaName, address: number): Insn {
  if (isa === "a32") return decodeA32(word, address);
  return size === 2 ? decodeT32(word, 0, address) : decodeT32(word >>> 16, word & 0xffff, address);
}

const widthOf = ({ size }: Insn): 16 | 32 => (size === 2 ? 16 : 32);

/** The encoding diagram with this word's bits in it; one group for everything where the word is no instruction. */
export function groupsOf(insn: Insn): Group[] {
  const width = widthOf(insn);
  const bits = insn.word.toString(2).padStart(width, "0");
  const names = Array.from({ length: width }, (): string | null => null);
  for (const field of insn.encoding?.pattern.fields.values() ?? []) {
    for (let i = 0; i < field.width; i++) names[width - 1 - field.shift - i] = field.name;
  }
  const groups: Group[] = [];
  // A halfword ends a group: the diagram of a 32-bit Thumb instruction has two parts.
  const split = insn.isa === "t32" && width === 32 ? 16 : width;
  for (let at = 0; at < width; ) {
    let end = at + 1;
    while (end < width && names[end] === names[at] && end % split !== 0) end++;
    const text = bits.slice(at, end);
    groups.push({ name: names[at] ?? null, bits: text, from: width - 1 - at, value: Number.parseInt(text, 2) });
    at = end;
  }
  return groups;
}

/** Every word that differs in one bit. */
export function neighboursOf(insn: Insn): Neighbour[] {
  const width = widthOf(insn);
  const groups = groupsOf(insn);
  return Array.from({ length: width }, (_, i) => width - 1 - i).map((bit) => {
    const word = (insn.word ^ (2 ** bit > 0x7fff_ffff ? -0x8000_0000 : 1 << bit)) >>> 0;
    const other = flipped(insn, word);
    const group = groups.find(({ from, bits }) => bit <= from && bit > from - bits.length);
    return {
      bit,
      field: group?.name ?? null,
      word,
      size: other.size,
      text: format(other),
      status: other.status,
      kind: cmodxClass(other).whole,
    };
  });
}

function flipped({ isa, size, address }: Insn, word: number): Insn {
  if (isa === "a32") return decodeA32(word, address);
  if (size === 2) return decodeT32(word, 0, address);
  const first = word >>> 16;
  return isWide(first) ? decodeT32(first, word & 0xffff, address) : decodeT32(first, 0, address);
}

/** What it is, in pairs of a word and what is to be said. */
export function factsOf(insn: Insn): readonly (readonly [string, string])[] {
  const { encoding, status, reasons } = insn;
  const does = effects(insn);
  const { whole, halfwords } = cmodxClass(insn);
  const facts: (readonly [string, string | undefined])[] = [
    ["encoding", encoding === undefined ? undefined : `${encoding.id}: ${encoding.syntax}`],
    [
      "since",
      encoding === undefined ? undefined : [encoding.arch, encoding.extension].filter((each) => each !== "").join(", "),
    ],
    [
      "status",
      status === "ok" ? "ok" : `${status}${reasons.length > 0 ? `: ${reasons.map(reasonText).join("; ")}` : ""}`,
    ],
    ["bytes in memory", [...bytesOf(insn)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")],
    [
      "CMODX kind",
      whole === null
        ? "none: in no list of instructions that may be changed while they are executed"
        : `${whole}${halfwords ? ` (halves ${halfwords.join(", ")})` : ""}`,
    ],
    ["reads", registersText(does.reads, does.readsFlags)],
    ["writes", registersText(does.writes, does.writesFlags)],
    ["memory", memoryText(does.memory)],
    ["branch", branchText(does.branch)],
    ["ends a block", does.endsBlock ? "yes" : "no"],
    ["privileged", does.privileged ? "yes" : undefined],
  ];
  return facts.filter((fact): fact is readonly [string, string] => fact[1] !== undefined && fact[1] !== "");
}

const PROFILES: readonly (readonly [Profile, string])[] = [
  ["ual", "the manual"],
  ["gnu", "objdump"],
  ["llvm", "llvm-mc"],
  ["preUal", "divided syntax"],
];

/** Its text in each syntax. */
export const textsOf = (insn: Insn): readonly (readonly [string, string])[] =>
  PROFILES.map(([profile, name]) => [name, format(insn, profile).replaceAll("\t", " ")] as const);

function reasonText(reason: unknown): string {
  if (typeof reason === "string") return reason;
  return Object.values(reason as Record<string, unknown>)
    .filter((each) => typeof each === "string")
    .join(": ");
}

function registersText({ core, simd }: RegisterSet, flags: string): string {
  const names = Array.from({ length: 16 }, (_, n) => ["sp", "lr", "pc"][n - 13] ?? `r${n}`).filter(
    (_, n) => (core >>> n) & 1,
  );
  const doubles = Array.from({ length: 32 }, (_, n) => `d${n}`).filter((_, n) => (simd >>> n) & 1);
  const all = [...names, ...doubles, ...(flags === "" ? [] : [`flags ${flags}`])];
  return all.length === 0 ? "nothing" : all.join(", ");
}

function memoryText(memory: ReturnType<typeof effects>["memory"]): string | undefined {
  if (memory === undefined) return undefined;
  const kinds = [
    memory.load ? "load" : "",
    memory.store ? "store" : "",
    memory.exclusive ? "exclusive" : "",
    memory.ordered ? "ordered" : "",
    memory.unprivileged ? "unprivileged" : "",
  ];
  return `${kinds.filter((kind) => kind !== "").join(", ")} of ${memory.size} bytes`;
}

function branchText(branch: ReturnType<typeof effects>["branch"]): string | undefined {
  if (branch === undefined) return undefined;
  const target = branch.target === undefined ? "" : ` to 0x${branch.target.toString(16)}`;
  const reach = branch.min === undefined ? "" : `, reaches ${branch.min} to +${branch.max} in steps of ${branch.align}`;
  return `${branch.conditional ? "conditional " : ""}${branch.kind}${target}${reach}${branch.link ? ", with link" : ""}${branch.interworking ? ", may change the instruction set" : ""}`;
}
