/** Fields of an A64 logical immediate: a run of ones, rotated, repeated over the register. */
export interface LogicalImmediate {
  readonly N: number;
  readonly immr: number;
  readonly imms: number;
}

/** The bit at a place of the value: elements of 2 to 64 bits, each with S+1 ones rotated right by R. */
function bitAt({ N, immr, imms }: LogicalImmediate, place: number): number {
  const length = 31 - Math.clz32((N << 6) | (~imms & 63));
  const last = 2 ** length - 1;
  return (((place & last) + (immr & last)) & last) <= (imms & last) ? 1 : 0;
}

/** The low 32 bits, signed. */
export function logicalImmediate(fields: LogicalImmediate): number {
  let value = 0;
  for (let place = 0; place < 32; place++) value |= bitAt(fields, place) << place;
  return value;
}

/** The fields that make a value, undefined when none do: in a W register its 32 bits, in an X register its sign's above them. */
export function logicalFields(value: number, wide: boolean): LogicalImmediate | undefined {
  for (let length = wide ? 6 : 5; length >= 1; length--) {
    const size = 2 ** length;
    for (let ones = 1; ones < size; ones++) {
      for (let immr = 0; immr < size; immr++) {
        const imms = length === 6 ? ones - 1 : (~(2 * size - 1) & 63) | (ones - 1);
        const fields = { N: length === 6 ? 1 : 0, immr, imms };
        if (logicalImmediate(fields) !== (value | 0)) continue;
        const high = value < 0 ? 1 : 0;
        if (!wide || Array.from({ length: 32 }, (_, i) => bitAt(fields, 32 + i)).every((bit) => bit === high))
          return fields;
      }
    }
  }
  return undefined;
}
