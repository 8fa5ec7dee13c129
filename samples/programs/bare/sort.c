// Quicksort, recursive.
#include "start.h"
static u32 values[2048];
__attribute__((noinline)) static void sort(u32 *v, int low, int high) {
  while (low < high) {
    u32 pivot = v[(low + high) >> 1];
    int i = low, j = high;
    while (i <= j) {
      while (v[i] < pivot) i++;
      while (v[j] > pivot) j--;
      if (i <= j) {
        u32 t = v[i];
        v[i++] = v[j];
        v[j--] = t;
      }
    }
    if (j - low < high - i) {
      sort(v, low, j);
      low = i;
    } else {
      sort(v, i, high);
      high = j;
    }
  }
}
static u32 work(u32 rounds) {
  u32 sum = 0, seed = 1;
  for (u32 round = 0; round < rounds; round++) {
    for (u32 i = 0; i < 2048; i++) values[i] = seed = seed * 1664525u + 1013904223u;
    sort(values, 0, 2047);
    sum = sum * 33 + values[round & 2047] + values[1024];
  }
  return sum;
}
