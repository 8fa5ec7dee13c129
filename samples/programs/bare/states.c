// A state machine with many branches: an interpreter of a small language of bytes.
#include "start.h"
static u8 program[512];
static u32 work(u32 rounds) {
  u32 seed = 12345;
  for (u32 i = 0; i < 512; i++) {
    seed = seed * 1103515245u + 12345u;
    program[i] = (u8)(seed >> 16);
  }
  u32 a = 1, b = 2, steps = 0, state = 0;
  for (u32 round = 0; round < rounds; round++) {
    for (u32 pc = 0; pc < 512; pc++, steps++) {
      u8 op = program[pc];
      switch (op & 15) {
        case 0: a += b; break;
        case 1: b ^= a; break;
        case 2: a = (a << 1) | (a >> 31); break;
        case 3: if (a & 1) pc += op >> 6; break;
        case 4: b -= 3; break;
        case 5: state = (state + 1) & 7; break;
        case 6: a *= 3; break;
        case 7: if (b > a) b = a - b; else a = b - a; break;
        case 8: a ^= state; break;
        case 9: b += op; break;
        case 10: a = ~a; break;
        case 11: if (state == 3) b = b >> 3; break;
        case 12: b = (b >> 5) | (b << 27); break;
        case 13: a += pc; break;
        case 14: b ^= steps; break;
        default: state ^= 5; break;
      }
    }
  }
  return a ^ b ^ steps;
}
