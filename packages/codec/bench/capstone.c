/* Capstone over a file of code: prints the instructions decoded and the processor seconds of the fastest of five runs. */
#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  FILE *file = fopen(argv[1], "rb");
  if (!file) return 2;
  fseek(file, 0, SEEK_END);
  size_t size = ftell(file);
  rewind(file);
  uint8_t *code = malloc(size);
  if (fread(code, 1, size, file) != size) return 2;
  int thumb = strcmp(argv[2], "t32") == 0;
  csh handle;
  if (cs_open(CS_ARCH_ARM, thumb ? CS_MODE_THUMB : CS_MODE_ARM, &handle) != CS_ERR_OK) return 2;
  cs_insn *insn = cs_malloc(handle);
  double best = 1e9;
  size_t count = 0;
  for (int run = 0; run < 5; run++) {
    struct timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    const uint8_t *at = code;
    size_t left = size;
    uint64_t address = 0;
    count = 0;
    while (left >= 2) {
      if (!cs_disasm_iter(handle, &at, &left, &address, insn)) {
        size_t skip = thumb ? 2 : 4;
        if (left < skip) break;
        at += skip;
        left -= skip;
        address += skip;
      }
      count++;
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    double seconds = (to.tv_sec - from.tv_sec) + (to.tv_nsec - from.tv_nsec) / 1e9;
    if (seconds < best) best = seconds;
  }
  printf("%zu %.9f\n", count, best);
  return 0;
}
