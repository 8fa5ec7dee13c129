import { type Edit, editOf } from "@cmodx/patching";

/** An edit of each sort that the rules and protocols tell apart. */
export const edits = {
  "A32, listed": editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" }),
  "A32, unlisted": editOf({ isa: "a32", address: 0x8000, from: "nop", to: "add sp, sp, #4" }),
  "T16, listed": editOf({ isa: "t32", address: 0x8002, from: "nop", to: "b.n 0x8100" }),
  "T32, listed in its first halfword": editOf({ isa: "t32", address: 0x8002, from: "bl 0x9000", to: "b.n 0x8006" }),
  "T32, listed, the way back": editOf({ isa: "t32", address: 0x8002, from: "b.n 0x8006", to: "bl 0x9000" }),
  "T32, listed in its second halfword": editOf({ isa: "t32", address: 0x8000, from: "bl 0x8100", to: "bl 0x8200" }),
  "T32 calls, both halfwords": editOf({ isa: "t32", address: 0x8002, from: "bl 0x8100", to: "bl 0xa200" }),
  "T32 aligned, unlisted": editOf({ isa: "t32", address: 0x8000, from: "nop.w", to: "b.w 0x9000" }),
  "T32 across a word, unlisted": editOf({ isa: "t32", address: 0x8002, from: "nop.w", to: "b.w 0x9000" }),
  "T32 across a line, unlisted": editOf({ isa: "t32", address: 0x803e, from: "add.w sp, sp, #4", to: "bl 0x9000" }),
} as const satisfies Record<string, Edit>;
