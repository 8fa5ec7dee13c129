import { type LitmusState, type PlayState, type ProgramState, SITE_DEFAULT } from "../engine/state.js";

/** States to begin with, by what they show. */
export const SITE_EXAMPLES: readonly { readonly label: string; readonly state: PlayState }[] = [
  { label: "Thumb-2 jump label, one store: torn", state: SITE_DEFAULT },
  { label: "the same under stop_machine", state: { ...SITE_DEFAULT, protocol: "stop-machine" } },
  {
    label: "ARM jump label, maintenance but no ISB elsewhere",
    state: { ...SITE_DEFAULT, isa: "a32", from: "nop", to: "b 0x9000", protocol: "store+maintenance" },
  },
  {
    label: "ARM jump label, every core synchronised",
    state: { ...SITE_DEFAULT, isa: "a32", from: "nop", to: "b 0x9000", protocol: "sync-cores" },
  },
  {
    label: "what Linux does on 32-bit ARM",
    state: { ...SITE_DEFAULT, isa: "a32", from: "nop", to: "b 0x9000", protocol: "kernel-patch-text" },
  },
  {
    label: "a Thumb call, retargeted in three stages",
    state: { ...SITE_DEFAULT, at: 0x8002, from: "bl 0x8100", to: "bl 0xa200", protocol: "halfword-toggle" },
  },
  {
    label: "ftrace's call in ARM code: not listed",
    state: {
      ...SITE_DEFAULT,
      isa: "a32",
      from: "add sp, sp, #4",
      to: "bl 0x9000",
      protocol: "sync-cores",
      versus: "stop-machine",
    },
  },
];

const SELF_MODIFYING: LitmusState = {
  mode: "litmus",
  text: `ARM SM+cachesync
(* Without the ISB the core executes what it fetched before the sequence. *)
{ 0:R0=NOP; 0:R1=P0:m; 0:R9=0; }
 P0          ;
 STR R0,[R1] ;
 DCCMVAU R1  ;
 DSB         ;
 ICIMVAU R1  ;
 BPIMVA R1   ;
 DSB         ;
 m: B l      ;
 MOV R9,#1   ;
 l:          ;
exists (0:R9=0)
`,
};

export const LITMUS_EXAMPLES: readonly { readonly label: string; readonly state: LitmusState }[] = [
  { label: "a core changes its own code, without the ISB", state: SELF_MODIFYING },
  {
    label: "the same with the ISB",
    state: {
      mode: "litmus",
      text: SELF_MODIFYING.text
        .replace("SM+cachesync", "SM+cachesync-isb")
        .replace(/\(\*.*\*\)\n/, "")
        .replace(" m: B l      ;", " ISB         ;\n m: B l      ;"),
    },
  },
  {
    label: "message passing without barriers",
    state: {
      mode: "litmus",
      text: `ARM MP
{ %x=x; %y=y; }
 P0          | P1          ;
 MOV R0,#1   | LDR R0,[%y] ;
 STR R0,[%x] | LDR R1,[%x] ;
 STR R0,[%y] |             ;
exists (1:R0=1 /\\ 1:R1=0)
`,
    },
  },
  {
    label: "an interrupt, raised without the last DSB",
    state: {
      mode: "litmus",
      text: `ARM IPI+dc-dsb-ic
(* The interrupt synchronises P1's context, but may overtake the invalidate: a DSB is missing before it is raised. *)
{ 0:R0=NOP; 0:R1=P1:m; 0:R2=1; 0:R3=d; d=ipi(P1); }
 P0          | P1        | P1.I      ;
 STR R0,[R1] | MOV R7,R8 | MOV R8,#1 ;
 DCCMVAU R1  | m: B l    | ERET      ;
 DSB         | MOV R9,#1 |           ;
 ICIMVAU R1  | l:        |           ;
 BPIMVA R1   |           |           ;
 STR R2,[R3] |           |           ;
exists (1:R7=1 /\\ 1:R9=0)
`,
    },
  },
  {
    label: "code written through another address",
    state: {
      mode: "litmus",
      text: `ARM AL.SM+dc-dsb-ic.y-dsb-isb
(* y is another address of the code. It is invalidated by y, which is not where it is executed. *)
{ 0:R0=NOP; 0:R1=y; [PTE(y)]=(oa:PA(P0:m)); }
 P0          ;
 STR R0,[R1] ;
 DCCMVAU R1  ;
 DSB         ;
 ICIMVAU R1  ;
 BPIMVA R1   ;
 DSB         ;
 ISB         ;
 m: B l      ;
 MOV R9,#1   ;
 l:          ;
exists (0:R9=0)
`,
    },
  },
];

export const PROGRAM_EXAMPLES: readonly { readonly label: string; readonly state: ProgramState }[] = [
  {
    label: "one core writes an instruction, the other runs it",
    state: {
      mode: "program",
      isa: "a32",
      text: `core 0:
  ldr r0, =site
  ldr r1, =0xe3a05002      @ mov r5, #2
  str r1, [r0]
core 1:
site:
  mov r5, #1
`,
    },
  },
  {
    label: "store buffering",
    state: {
      mode: "program",
      isa: "t32",
      text: `core 0:
  ldr r0, =0x2000
  ldr r1, =0x3000
  movs r2, #1
  str r2, [r0]
  ldr r3, [r1]
core 1:
  ldr r0, =0x2000
  ldr r1, =0x3000
  movs r2, #1
  str r2, [r1]
  ldr r3, [r0]
`,
    },
  },
];
