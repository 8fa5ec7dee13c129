import type { ElfImage } from "./image.js";
import { readSection, type Section } from "./sections.js";

/**
 * Unpacks zlib's format; undefined where the bytes are not that, or are more than `length` unpacked. Node's is in `@cmodx/elf/node`.
 *
 * @param packed - the stream
 * @param length - of what it unpacks to, in bytes
 */
export type Inflate = (packed: Uint8Array, length: number) => Uint8Array | undefined;

/** SHF_COMPRESSED: the section's bytes are packed, behind a header that says how (`Elf32_Chdr`). */
const compressed = 0x800;
const headerBytes = 12;
const zlib = 1;

/** Most bytes that a debug section may unpack to: a kernel's lines take a tenth of it. */
const maxUnpacked = 1 << 28;

/** The bytes of a debug section, unpacked; undefined where it has none, or they are packed and nobody can unpack them. */
export function debugBytes(image: ElfImage, section: Section, inflate: Inflate | undefined): Uint8Array | undefined {
  if (!section.inFile) return undefined;
  const bytes = readSection(image.source, section);
  if ((section.flags & compressed) === 0) return bytes;
  if (inflate === undefined || bytes.length < headerBytes) return undefined;
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const little = image.header.endian === "little";
  const length = header.getUint32(4, little);
  if (header.getUint32(0, little) !== zlib || length === 0 || length > maxUnpacked) return undefined;
  const unpacked = inflate(bytes.subarray(headerBytes), length);
  return unpacked?.length === length ? unpacked : undefined;
}
