import { readFileSync } from "node:fs";
import { columns, sweep, format, decodeT32, encodings } from "@cmodx/codec";
import { textSection } from "./text-section.js";
const t0=performance.now();
for(const e of encodings) e.pattern; const t1=performance.now();
for(const e of encodings) e.onlyCondition; const t2=performance.now();
decodeT32(0xbf00,0); const t3=performance.now(); decodeT32(0xf3af,0x8000); const t4=performance.now();
console.log("patterns",t1-t0,"only",t2-t1,"t16",t3-t2,"t32",t4-t3);
const code=textSection(readFileSync("/usr/arm-linux-gnueabihf/lib/libc.so.6")); const into=columns(code.length>>1);
const n=sweep("t32",code,into);
if(process.argv[2]==="sweep") for(let i=0;i<60;i++) sweep("t32",code,into);
else { const insns=Array.from({length:n},(_,i)=>decodeT32(into.word[i]!>0xffff?into.word[i]!>>>16:into.word[i]!,into.word[i]!&0xffff)); let l=0; for(let r=0;r<8;r++) for(const x of insns) l+=format(x).length; console.log(l); }
