import type { ByteSource } from "./byte-source.js";
import { ElfError } from "./elf-error.js";

/** Which byte of a word comes first, as `e_ident[EI_DATA]` and the BE8 flag say it. */
export type ByteOrder = "little" | "big";

/** The ELF file header, as far as a 32-bit ARM image needs it. Offsets are file offsets in bytes. */
export interface ElfHeader {
  /** `REL` for objects and kernel modules, `EXEC` for a vmlinux or a static program, `DYN` for PIE programs and libraries. */
  readonly type: "REL" | "EXEC" | "DYN";
  /** Byte order of data: tables, symbols, literal pools. */
  readonly endian: ByteOrder;
  /**
   * Byte order of instructions. Big-endian images made for ARMv6 and later (BE8, `EF_ARM_BE8`) keep instructions
   * little-endian; older ones (BE32), and big-endian objects that were not linked yet, do not.
   */
  readonly codeEndian: ByteOrder;
  readonly flags: number;
  readonly entry: number;
  readonly programHeaders: HeaderTable;
  readonly sectionHeaders: HeaderTable;
  /** `e_shstrndx` as it stands in the file, before the escape to section 0 is followed. */
  readonly nameSection: number;
}

/** Where the program or section headers lie: `offset` and `entryBytes` in bytes, and how many there are. */
export interface HeaderTable {
  readonly offset: number;
  readonly entryBytes: number;
  readonly count: number;
}

const headerBytes = 52;
const machineArm = 40;
const flagBe8 = 0x0080_0000;
const types = new Map<number, ElfHeader["type"]>([
  [1, "REL"],
  [2, "EXEC"],
  [3, "DYN"],
]);
/** How the files begin that modules are compressed to, and what gives the module back. */
const compressed: readonly (readonly [begins: readonly number[], name: string, command: string])[] = [
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "xz", "xz -dk"],
  [[0x1f, 0x8b], "gzip", "gzip -dk"],
  [[0x28, 0xb5, 0x2f, 0xfd], "zstd", "zstd -d"],
];

/** What to do about a file that is no ELF file. */
function wayToElf(ident: Uint8Array): string {
  const found = compressed.find(([begins]) => begins.every((byte, i) => ident[i] === byte));
  if (found === undefined) return "this is no ELF file, give one";
  return `this is compressed with ${found[1]}, decompress it first: ${found[2]}`;
}

const wholeCopy = "get a whole copy of an ELF file";

/**
 * Reads and checks the ELF header.
 *
 * @throws {ElfError} `E_ELF_TRUNCATED`, `E_ELF_MAGIC`, `E_ELF_CLASS`, `E_ELF_ORDER`, `E_ELF_MACHINE`, `E_ELF_TYPE`
 * @see ELF for the Arm Architecture (AAELF32), ELF header
 */
export function readHeader(source: ByteSource): ElfHeader {
  const ident = source.read(0, Math.min(16, source.size));
  if (source.size === 0)
    throw new ElfError("E_ELF_TRUNCATED", "e_ident", 0, "is missing: the file is empty", wholeCopy);
  if (ident[0] !== 0x7f || ident[1] !== 0x45 || ident[2] !== 0x4c || ident[3] !== 0x46) {
    throw new ElfError("E_ELF_MAGIC", "e_ident", 0, "does not begin with 7f 45 4c 46", wayToElf(ident));
  }
  if (source.size < headerBytes) {
    const what = `is cut off: the file has ${source.size} bytes, an ELF header ${headerBytes}`;
    throw new ElfError("E_ELF_TRUNCATED", "e_ident", source.size, what, wholeCopy, { fileSize: source.size });
  }
  const [elfClass, order] = [ident[4], ident[5]];
  if (elfClass !== 1) {
    const what = elfClass === 2 ? "is 2 (64-bit)" : `is ${elfClass}, which means nothing`;
    throw new ElfError("E_ELF_CLASS", "EI_CLASS", 4, what, "cmodx reads 32-bit ARM images", { value: elfClass });
  }
  if (order !== 1 && order !== 2) {
    const what = `is ${order}, neither little- (1) nor big-endian (2)`;
    throw new ElfError("E_ELF_ORDER", "EI_DATA", 5, what, "the file is damaged, get another copy", { value: order });
  }
  const little = order === 1;
  const header = source.read(0, headerBytes);
  const view = new DataView(header.buffer, header.byteOffset, headerBytes);
  const u16 = (offset: number) => view.getUint16(offset, little);
  const u32 = (offset: number) => view.getUint32(offset, little);

  const machine = u16(18);
  if (machine !== machineArm) {
    const what = `is ${machine}, not ARM (${machineArm})`;
    throw new ElfError("E_ELF_MACHINE", "e_machine", 18, what, "cmodx reads 32-bit ARM images", { value: machine });
  }
  const type = types.get(u16(16));
  if (type === undefined) {
    const what = `is ${u16(16)}, neither REL (1), EXEC (2) nor DYN (3)`;
    const remedy = "give an object, module, kernel, program or library, not a core dump";
    throw new ElfError("E_ELF_TYPE", "e_type", 16, what, remedy, { value: u16(16) });
  }
  const flags = u32(36);
  const endian = little ? "little" : "big";
  return {
    type,
    endian,
    codeEndian: (flags & flagBe8) !== 0 ? "little" : endian,
    flags,
    entry: u32(24),
    programHeaders: { offset: u32(28), entryBytes: u16(42), count: u16(44) },
    sectionHeaders: { offset: u32(32), entryBytes: u16(46), count: u16(48) },
    nameSection: u16(50),
  };
}
