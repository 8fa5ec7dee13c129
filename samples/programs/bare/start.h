// A program without a C library: work(rounds) is run, and what it returns is printed. The first argument is the number of rounds.
typedef unsigned int u32;
typedef unsigned char u8;

static u32 work(u32 rounds);

static long call(long number, long a, long b, long c) {
  register long r7 __asm__("r7") = number;
  register long r0 __asm__("r0") = a;
  register long r1 __asm__("r1") = b;
  register long r2 __asm__("r2") = c;
  __asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
  return r0;
}

__attribute__((used, noreturn)) static void start(long *stack) {
  u32 rounds = 10;
  if (stack[0] > 1) {
    rounds = 0;
    for (const char *p = (const char *)stack[2]; *p; p++) rounds = rounds * 10 + (u32)(*p - '0');
  }
  u32 result = work(rounds);
  char text[9];
  for (int i = 7; i >= 0; i--, result >>= 4) text[i] = "0123456789abcdef"[result & 15];
  text[8] = '\n';
  call(4, 1, (long)text, 9);
  call(248, 0, 0, 0);
  for (;;) {}
}

__attribute__((naked, noreturn, used)) void _start(void) { __asm__ volatile("mov r0, sp\n bl start"); }

// The compiler calls these even so.
__attribute__((used, optimize("no-tree-loop-distribute-patterns"))) void *memcpy(void *to, const void *from, u32 n) {
  for (u32 i = 0; i < n; i++) ((u8 *)to)[i] = ((const u8 *)from)[i];
  return to;
}
__attribute__((used, optimize("no-tree-loop-distribute-patterns"))) void *memset(void *to, int value, u32 n) {
  for (u32 i = 0; i < n; i++) ((u8 *)to)[i] = (u8)value;
  return to;
}
