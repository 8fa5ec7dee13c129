import type { CType } from "@cmodx/trace";
import { StaticKeysError } from "../static-keys-error.js";

const SIZES: readonly (readonly [CType["size"], boolean, readonly string[]])[] = [
  // Plain char is unsigned on ARM.
  [1, false, ["char", "unsigned char", "u8", "__u8", "uint8_t", "bool", "_Bool"]],
  [1, true, ["signed char", "s8", "__s8", "int8_t"]],
  [2, false, ["unsigned short", "unsigned short int", "u16", "__u16", "uint16_t", "umode_t", "__le16", "__be16"]],
  [2, true, ["short", "short int", "s16", "__s16", "int16_t"]],
  [
    4,
    false,
    [
      "unsigned",
      "unsigned int",
      "u32",
      "__u32",
      "uint32_t",
      "unsigned long",
      "size_t",
      "dev_t",
      "gfp_t",
      "uid_t",
      "gid_t",
      "__le32",
      "__be32",
    ],
  ],
  [4, true, ["int", "s32", "__s32", "int32_t", "long", "long int", "pid_t", "ssize_t"]],
  [8, false, ["unsigned long long", "u64", "__u64", "uint64_t", "sector_t", "ino_t", "__le64", "__be64"]],
  [8, true, ["long long", "s64", "__s64", "int64_t", "loff_t", "ktime_t"]],
];

const TYPES = new Map(SIZES.flatMap(([size, signed, names]) => names.map((name) => [name, { size, signed }] as const)));

/**
 * The layout of a C type as the AAPCS has it on 32-bit ARM: pointers and longs have four bytes, 64-bit numbers are aligned to eight.
 *
 * @param name - as in a `field:` line, without its array: `unsigned long`, `char *`, `u64`
 * @throws {StaticKeysError} `E_EVENT` for a type that is none of the kernel's usual ones
 *
 * @example
 * ```ts
 * cType("unsigned short"); // { size: 2, signed: false }
 * ```
 */
export function cType(name: string): CType {
  const plain = name
    .replaceAll(/\b(const|volatile|struct)\b/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  if (plain.endsWith("*")) return { size: 4, signed: false };
  if (/^enum \w+$/.test(plain)) return { size: 4, signed: false };
  const known = TYPES.get(plain);
  if (known !== undefined) return known;
  throw new StaticKeysError({
    code: "E_EVENT",
    what: `the size of the type "${name}" is not known`,
    remedy: "use a type of the kernel with a fixed size, such as u32",
    facts: { type: name },
  });
}
