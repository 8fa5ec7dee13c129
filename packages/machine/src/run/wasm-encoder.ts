/** The WebAssembly binary format, as much of it as compiled code needs: https://webassembly.github.io/spec/core/binary/. */

export const type = { i32: 0x7f, f32: 0x7d, f64: 0x7c, function: 0x60, none: 0x40 } as const;

/** Opcodes by their names in the text format. */
export const op = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  br_if: 0x0d,
  br_table: 0x0e,
  return: 0x0f,
  call: 0x10,
  call_indirect: 0x11,
  return_call_indirect: 0x13,
  drop: 0x1a,
  select: 0x1b,
  local_get: 0x20,
  local_set: 0x21,
  local_tee: 0x22,
  i32_load: 0x28,
  f32_load: 0x2a,
  f64_load: 0x2b,
  i32_load8_u: 0x2d,
  i32_load16_u: 0x2f,
  i32_store: 0x36,
  f64_store: 0x39,
  i32_store8: 0x3a,
  i32_store16: 0x3b,
  i32_const: 0x41,
  i32_eqz: 0x45,
  i32_eq: 0x46,
  i32_ne: 0x47,
  i32_lt_s: 0x48,
  i32_lt_u: 0x49,
  i32_gt_s: 0x4a,
  i32_gt_u: 0x4b,
  i32_le_s: 0x4c,
  i32_le_u: 0x4d,
  i32_ge_s: 0x4e,
  i32_ge_u: 0x4f,
  f64_const: 0x44,
  f32_eq: 0x5b,
  f32_ne: 0x5c,
  f32_lt: 0x5d,
  f32_gt: 0x5e,
  f64_eq: 0x61,
  f64_ne: 0x62,
  f64_lt: 0x63,
  f64_gt: 0x64,
  i32_clz: 0x67,
  i32_add: 0x6a,
  i32_sub: 0x6b,
  i32_mul: 0x6c,
  i32_div_s: 0x6d,
  i32_div_u: 0x6e,
  i32_and: 0x71,
  i32_or: 0x72,
  i32_xor: 0x73,
  i32_shl: 0x74,
  i32_shr_s: 0x75,
  i32_shr_u: 0x76,
  i32_rotr: 0x78,
  i64_sub: 0x7d,
  i64_mul: 0x7e,
  i64_or: 0x84,
  i64_shl: 0x86,
  i64_shr_u: 0x88,
  f32_nearest: 0x90,
  f32_sqrt: 0x91,
  f32_add: 0x92,
  f32_sub: 0x93,
  f32_mul: 0x94,
  f32_div: 0x95,
  f64_neg: 0x9a,
  f64_trunc: 0x9d,
  f64_nearest: 0x9e,
  f64_sqrt: 0x9f,
  f64_add: 0xa0,
  f64_sub: 0xa1,
  f64_mul: 0xa2,
  f64_div: 0xa3,
  i32_wrap_i64: 0xa7,
  i64_extend_i32_s: 0xac,
  i64_extend_i32_u: 0xad,
  f32_convert_i32_s: 0xb2,
  f32_convert_i32_u: 0xb3,
  f32_demote_f64: 0xb6,
  f64_convert_i32_s: 0xb7,
  f64_convert_i32_u: 0xb8,
  f64_promote_f32: 0xbb,
  i32_reinterpret_f32: 0xbc,
  i64_reinterpret_f64: 0xbd,
  f32_reinterpret_i32: 0xbe,
  f64_reinterpret_i64: 0xbf,
  i64_const: 0x42,
  /** Followed by the number of the conversion. */
  saturating: 0xfc,
} as const;

/** Instructions of one function. */
export class Code {
  readonly bytes: number[] = [];

  op(...codes: readonly number[]): this {
    for (const code of codes) this.bytes.push(code);
    return this;
  }

  /** An unsigned number, as indices and offsets are. */
  u32(value: number): this {
    unsigned(this.bytes, value);
    return this;
  }

  constant(value: number): this {
    this.bytes.push(op.i32_const);
    let rest = value | 0;
    for (;;) {
      const byte = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)) {
        this.bytes.push(byte);
        return this;
      }
      this.bytes.push(byte | 0x80);
    }
  }

  get(local: number): this {
    return this.op(op.local_get).u32(local);
  }

  set(local: number): this {
    return this.op(op.local_set).u32(local);
  }

  tee(local: number): this {
    return this.op(op.local_tee).u32(local);
  }

  /** A load or store at the address on the stack plus an offset; the alignment is only a hint. */
  memory(code: number, offset: number): this {
    return this.op(code).u32(0).u32(offset);
  }
}

function unsigned(bytes: number[], value: number): void {
  let rest = value >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
}

/** A function of a module: its number of locals by type, behind two parameters. */
export interface ModuleFunction {
  readonly name: string;
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly code: Code;
}

/** Signatures by their numbers: (i32, i32) → i32, which all functions of a module have, and (f64, f64, f64) → i32. */
export const signature = { plain: 0, ofDoubles: 1 } as const;

/** A function that a module imports. */
export interface Import {
  readonly name: string;
  readonly signature: (typeof signature)[keyof typeof signature];
}

/**
 * A module of functions that import the memory `m.m`, the table `m.t` and the functions `m.NAME`, and are exported by their names. The
 * imported functions are the first.
 */
export function moduleOf(functions: readonly ModuleFunction[], imported: readonly Import[] = []): Uint8Array {
  const parts: (readonly number[])[] = [[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]];
  const section = (id: number, items: readonly (readonly (readonly number[])[])[]): void => {
    const body = [leb(items.length), ...items.flat()];
    parts.push([id], leb(lengthOf(body)), ...body);
  };
  const name = (text: string): number[] => [text.length, ...Array.from(text, (char) => char.charCodeAt(0))];
  section(1, [
    [[type.function, 2, type.i32, type.i32, 1, type.i32]],
    [[type.function, 3, type.f64, type.f64, type.f64, 1, type.i32]],
  ]);
  section(2, [
    [[...name("m"), ...name("m"), 2, 0, 1]],
    [[...name("m"), ...name("t"), 1, 0x70, 0, 0]],
    ...imported.map((one) => [[...name("m"), ...name(one.name), 0, one.signature]]),
  ]);
  section(
    3,
    functions.map(() => [[0]]),
  );
  section(
    7,
    functions.map((one, i) => [[...name(one.name), 0, ...leb(imported.length + i)]]),
  );
  section(
    10,
    functions.map(({ locals, code }) => {
      const body = [leb(locals.length), ...locals.map(([count, of]) => [...leb(count), of]), code.bytes, [op.end]];
      return [leb(lengthOf(body)), ...body];
    }),
  );
  const bytes = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const lengthOf = (parts: readonly (readonly number[])[]): number => parts.reduce((sum, part) => sum + part.length, 0);

function leb(value: number): number[] {
  const bytes: number[] = [];
  unsigned(bytes, value);
  return bytes;
}
