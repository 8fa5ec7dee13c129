// Integers of all sizes: division, shifts, bit fields, saturation, carries, and the compiler's helpers for them.
#include <stdint.h>
#include <stdio.h>
struct packed {
  unsigned a : 5, b : 11, c : 3;
  signed d : 7;
  unsigned long long e : 37;
} __attribute__((packed));
static uint32_t seed = 42;
static uint32_t next(void) { return seed = seed * 1664525u + 1013904223u; }
static unsigned gcd(unsigned a, unsigned b) { return b ? gcd(b, a % b) : a; }
int main(void) {
  uint32_t h = 0;
  for (int i = 0; i < 3000; i++) {
    int32_t a = (int32_t)next(), b = (int32_t)next() >> (i % 31);
    int64_t wide = ((int64_t)a << 32) ^ (int64_t)(uint32_t)b * 0x123456789ll;
    uint64_t product = (uint64_t)(uint32_t)a * (uint32_t)b;
    if (b == 0) b = 3;
    h = h * 31 + (uint32_t)(a / b) + (uint32_t)(a % b) + (uint32_t)((uint32_t)a / (uint32_t)b);
    h ^= (uint32_t)(wide / b) + (uint32_t)(wide % (b | 1)) + (uint32_t)(product >> (i % 64));
    h += (uint32_t)(wide >> (i & 63)) + (uint32_t)__builtin_clzll(product | 1) + (uint32_t)__builtin_popcount(h);
    h = (h << 9) | (h >> 23);
    int16_t s = (int16_t)a;
    int8_t c = (int8_t)b;
    h += (uint32_t)(s * c) + (uint32_t)((uint16_t)s / (uint8_t)(c | 1)) + __builtin_bswap32(h) + gcd(h, (uint32_t)i + 1);
    int sum;
    if (__builtin_add_overflow(a, b, &sum)) h ^= 0x55;
    h += (uint32_t)sum;
  }
  struct packed p = {17, 1029, 5, -33, 0x1234567890ull};
  p.b += 77;
  p.d >>= 1;
  p.e *= 3;
  printf("%08x %u %u %u %d %llx %zu\n", h, p.a, p.b, p.c, p.d, (unsigned long long)p.e, sizeof p);
  printf("%d %d %lld %llu\n", -7 / 2, -7 % 2, -7000000000ll / 13, 18446744073709551615ull / 1000000007ull);
  return (int)(h & 127);
}
