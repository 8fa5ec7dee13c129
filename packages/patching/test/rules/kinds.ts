// Instructions of each kind, as words: A32 words, T16 halfwords, and T32 as two lists of halfwords of which every pair is of the kind.

/** A kind with its sample words; where a kind has several, they differ in what the rules should not look at. */
export type Kinds = Readonly<Record<string, readonly number[]>>;

/** `x` and `y` are two targets: a branch that changes both its condition and its target is a case of its own. */
export const A32: Kinds = {
  NOP: [0xe320f000],
  NOPEQ: [0x0320f000],
  "B x": [0xea000010],
  "B y": [0xea000020],
  "BEQ x": [0x0a000010],
  "BEQ y": [0x0a000020],
  "BNE x": [0x1a000010],
  "BL x": [0xeb000010],
  "BL y": [0xeb000020],
  "BLEQ y": [0x0b000020],
  BKPT: [0xe1200070, 0xe1212374],
  SVC: [0xef000000, 0xef123456],
  HVC: [0xe1400070, 0xe1412374],
  SMC: [0xe1600070, 0xe1600074],
  ISB: [0xf57ff06f],
  "BX reg": [0xe12fff1e],
  "BLX reg": [0xe12fff33],
  "BLX imm": [0xfa000010],
  "MOV r0,r0": [0xe1a00000],
  "ADD sp": [0xe28dd004],
  "POP lr": [0xe49de004],
  UDF: [0xe7f001f8],
  "LDR pc": [0xe51ff004],
  DSB: [0xf57ff04f],
  DMB: [0xf57ff05f],
  YIELD: [0xe320f001],
  WFE: [0xe320f002],
};

export const T16: Kinds = {
  NOP: [0xbf00],
  "B x": [0xe010],
  "B y": [0xe020],
  "BEQ x": [0xd010],
  "BEQ y": [0xd020],
  "BNE x": [0xd110],
  BKPT: [0xbe00, 0xbe12],
  SVC: [0xdf00, 0xdf12],
  BX: [0x4770, 0x4718],
  "BLX reg": [0x4798, 0x4780],
  "MOV r8,r8": [0x46c0],
  "MOVS r0,r0": [0x0000],
  UDF: [0xde18],
  PUSH: [0xb500],
  YIELD: [0xbf10],
  IT: [0xbf08],
  CBZ: [0xb110],
  "LDR literal": [0x4801],
};

export interface Wide {
  readonly first: readonly number[];
  readonly second: readonly number[];
}

/** First halfwords of one kind include those of others where the encodings allow, so that one halfword can turn one into the other. */
export const T32: Readonly<Record<string, Wide>> = {
  BL: { first: [0xf000, 0xf001, 0xf3af], second: [0xf800, 0xf802] },
  BLX: { first: [0xf000, 0xf001, 0xf3af], second: [0xe800, 0xe802] },
  "B.W": { first: [0xf000, 0xf001, 0xf3af], second: [0xb800, 0xb802] },
  "BEQ.W": { first: [0xf000, 0xf001], second: [0x8000, 0x8002] },
  "BNE.W": { first: [0xf040, 0xf041], second: [0x8000, 0x8002] },
  "NOP.W": { first: [0xf3af], second: [0x8000] },
  "YIELD.W": { first: [0xf3af], second: [0x8001] },
  "UDF.W": { first: [0xf7f0], second: [0xa000, 0xa018] },
  HVC: { first: [0xf7e0], second: [0x8000, 0x8001] },
  SMC: { first: [0xf7f0, 0xf7f1], second: [0x8000] },
  ISB: { first: [0xf3bf], second: [0x8f6f] },
  "ADD.W sp": { first: [0xf10d], second: [0x0d04, 0x0d08] },
  "POP.W lr": { first: [0xf85d], second: [0xeb04] },
  "LDR.W pc": { first: [0xf8df], second: [0xf000, 0xf004] },
  MOVW: { first: [0xf240, 0xf241], second: [0x0000, 0x0001] },
};
