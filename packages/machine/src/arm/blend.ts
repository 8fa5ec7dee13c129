/**
 * A conditional branch changed into another with a different condition and a different target: a core that executes it meanwhile may
 * take the condition of the one and the target of the other, in both instruction sets, also where one of them is AL
 * (ARM DDI 0487 E2.2.5). Each function returns the two mixtures as they would be encoded.
 */
export function blendA32(one: number, other: number): readonly number[] {
  const branches = [one, other].every((word) => (word & 0x0f000000) === 0x0a000000 && word >>> 28 !== 15);
  if (!branches || one >>> 28 === other >>> 28 || (one & 0xffffff) === (other & 0xffffff)) return [];
  return [(one & 0xff000000) | (other & 0xffffff), (other & 0xff000000) | (one & 0xffffff)];
}

interface Branch {
  readonly condition: number;
  /** Halfwords, signed. */
  readonly offset: number;
}

const always = 14;

/** B in its two 16-bit encodings. */
function branchT16(halfword: number): Branch | undefined {
  if ((halfword & 0xf000) === 0xd000 && ((halfword >> 8) & 15) < always) {
    return { condition: (halfword >> 8) & 15, offset: (halfword << 24) >> 24 };
  }
  return (halfword & 0xf800) === 0xe000 ? { condition: always, offset: (halfword << 21) >> 21 } : undefined;
}

export function blendT32(one: number, other: number): readonly number[] {
  const [a, b] = [branchT16(one & 0xffff), branchT16(other & 0xffff)];
  if (a === undefined || b === undefined || a.condition === b.condition || a.offset === b.offset) return [];
  return [encodeT16({ ...a, offset: b.offset }), encodeT16({ ...b, offset: a.offset })].flatMap((word) => word ?? []);
}

/** Undefined when a conditional branch cannot reach so far: then there is no 16-bit instruction that the mixture would be. */
function encodeT16({ condition, offset }: Branch): number | undefined {
  if (condition === always) return 0xe000 | (offset & 0x7ff);
  return offset >= -128 && offset < 128 ? 0xd000 | (condition << 8) | (offset & 0xff) : undefined;
}
