// Arithmetic and logic in registers, without memory.
#include "start.h"
static u32 work(u32 rounds) {
  u32 a = 1, b = 0x9e3779b9, c = 7;
  for (u32 i = 0; i < rounds * 1000; i++) {
    a += b ^ (c << 3);
    b = (b >> 7) | (b << 25);
    c = c * 5 + (a & 0xff);
    if ((a ^ c) & 1) b -= i;
    a ^= a >> 11;
  }
  return a ^ b ^ c;
}
