// Words and bytes moved about.
#include "start.h"
static u32 words[2][1024];
static u32 work(u32 rounds) {
  for (u32 i = 0; i < 1024; i++) words[0][i] = i * 2654435761u;
  for (u32 round = 0; round < rounds; round++) {
    u32 *from = words[round & 1], *to = words[~round & 1];
    for (u32 i = 0; i < 1024; i++) to[i] = from[i] + round;
    u8 *bytes = (u8 *)to;
    for (u32 i = 0; i < 512; i++) bytes[i] ^= bytes[4095 - i];
  }
  u32 sum = 0;
  for (u32 i = 0; i < 1024; i++) sum = sum * 31 + words[rounds & 1][i];
  return sum;
}
