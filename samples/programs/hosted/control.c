// Control flow: switches, calls through pointers, recursion, long jumps, variable arguments, structures by value.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
struct pair {
  int x;
  double y;
  char name[12];
};
static jmp_buf place;
static int depth(int n) {
  if (n == 0) longjmp(place, 99);
  return depth(n - 1) + n;
}
static int sum(int count, ...) {
  va_list list;
  va_start(list, count);
  int total = 0;
  for (int i = 0; i < count; i++) total += i % 3 == 2 ? (int)va_arg(list, double) : va_arg(list, int);
  va_end(list);
  return total;
}
static struct pair change(struct pair p, int by) {
  p.x += by;
  p.y *= by;
  p.name[0]++;
  return p;
}
static int add(int a, int b) { return a + b; }
static int sub(int a, int b) { return a - b; }
static int mul(int a, int b) { return a * b; }
static int (*const table[])(int, int) = {add, sub, mul};
static int ackermann(int m, int n) { return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }
static const char *name(int n) {
  switch (n) {
    case 0: return "zero";
    case 1: return "one";
    case 2: return "two";
    case 3: return "three";
    case 4: return "four";
    case 5: return "five";
    case 100: return "hundred";
    case 1000: return "thousand";
    default: return n < 0 ? "negative" : "many";
  }
}
int main(void) {
  int code = setjmp(place);
  if (code == 0) depth(50);
  printf("%d %d\n", code, sum(6, 1, 2, 3.5, 4, 5, 6.9));
  struct pair p = change((struct pair){3, 2.5, "abc"}, 4);
  printf("%d %f %s %d\n", p.x, p.y, p.name, ackermann(2, 9));
  int value = 1;
  for (int i = 0; i < 30; i++) value = table[i % 3](value, i + 1);
  for (int i = -1; i < 8; i++) printf("%s ", name(i));
  printf("%s %s %d\n", name(100), name(1000), value);
  unsigned primes = 0;
  for (unsigned n = 2; n < 3000; n++) {
    unsigned d = 2;
    while (d * d <= n && n % d) d++;
    primes += d * d > n;
  }
  printf("%u\n", primes);
  return value & 63;
}
