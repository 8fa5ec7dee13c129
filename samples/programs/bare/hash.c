// A table of bits, a checksum by table, and calls.
#include "start.h"
static u32 table[256];
static u8 data[4096];
__attribute__((noinline)) static u32 crc(const u8 *p, u32 n, u32 value) {
  value = ~value;
  while (n--) value = table[(value ^ *p++) & 255] ^ (value >> 8);
  return ~value;
}
__attribute__((noinline)) static u32 mix(u32 x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ (x >> 16);
}
static u32 work(u32 rounds) {
  for (u32 i = 0; i < 256; i++) {
    u32 value = i;
    for (int bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320u ^ (value >> 1) : value >> 1;
    table[i] = value;
  }
  u32 sum = 0;
  for (u32 round = 0; round < rounds; round++) {
    for (u32 i = 0; i < 4096; i++) data[i] = (u8)mix(i + round);
    sum = crc(data, 4096, sum);
  }
  return sum;
}
