/*
 * Runs single instructions under chosen states, for effects.ts. Built for ARM and run by qemu-arm.
 *
 * Standard input: trials. Standard output: one result each. Every trial ends in a signal, because an undefined instruction
 * lies behind each word; the handler takes down the state and sets up the next trial, so that there is one signal a trial.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

/* A store relative to the PC goes no further than `reach`. Nothing is ever put at the start of the code. */
enum { window_size = 1 << 14, code_size = 1 << 19, most_changes = 280, reach = 4352 };
#define WINDOW ((uint8_t *)0x50000000)
#define CODE_A ((uint8_t *)0x60000000)
/* No A32 branch reaches from the one to the other. */
#define CODE_T ((uint8_t *)0x68000000)

struct trial {
  uint32_t thumb, size, word, slot, cpsr, memory_seed, flip, r[15];
  uint64_t d[32];
};
struct result {
  uint32_t signal, pc, cpsr, r[15];
  uint64_t d[32];
  uint32_t fpscr, changes, change[most_changes];
};

static struct trial trial;
static struct result result;
static uint8_t before[window_size];
static int started;
static uint32_t filled_seed = 0xffffffff;
static uint8_t pristine[window_size];

static int whole(int fd, void *at, size_t length, int writing) {
  uint8_t *p = at;
  while (length > 0) {
    ssize_t n = writing ? write(fd, p, length) : read(fd, p, length);
    if (n <= 0) return 0;
    p += n;
    length -= n;
  }
  return 1;
}

static uint8_t *code_of(const struct trial *t) {
  return (t->thumb ? CODE_T : CODE_A) + code_size / 2 + (t->slot ? 0x1230 : 0);
}

/* Where the floating-point registers lie in a signal frame. */
static uint64_t *simd_of(ucontext_t *context) {
  uint32_t *at = (uint32_t *)context->uc_regspace;
  for (int i = 0; i < 128; i++)
    if (at[i] == 0x56465001) return (uint64_t *)(at + i + 2);
  return NULL;
}

static void fill_code(uint8_t *code, int thumb) {
  for (int i = 0; i < code_size; i += 4) *(uint32_t *)(code + i) = thumb ? 0xde00de00 : 0xe7f000f0;
}

static void handler(int number, siginfo_t *info, void *raw) {
  ucontext_t *context = raw;
  unsigned long *r = &context->uc_mcontext.arm_r0;
  uint64_t *d = simd_of(context);
  if (started) {
    result.signal = number;
    result.pc = context->uc_mcontext.arm_pc - (uint32_t)code_of(&trial);
    result.cpsr = context->uc_mcontext.arm_cpsr;
    for (int i = 0; i < 15; i++) result.r[i] = r[i];
    memcpy(result.d, d, sizeof result.d);
    result.fpscr = *(uint32_t *)(d + 32);
    result.changes = 0;
    if (memcmp(WINDOW, before, window_size) != 0)
      for (int i = 0; i < window_size; i++)
        if (WINDOW[i] != before[i] && result.changes < most_changes)
          result.change[result.changes++] = i << 8 | WINDOW[i];
    if (!whole(1, &result, sizeof result, 1)) _exit(2);
    /* What was executed, or stored relative to the PC, must not be there for a later trial to run. */
    uint8_t *around = code_of(&trial) - reach;
    const uint8_t *quiet = trial.thumb ? CODE_T : CODE_A;
    if (memcmp(around, quiet, 2 * reach) != 0) memcpy(around, quiet, 2 * reach);
  }
  started = 1;
  if (!whole(0, &trial, sizeof trial, 0)) _exit(0);
  if (trial.memory_seed != filled_seed) {
    uint32_t state = filled_seed = trial.memory_seed;
    for (int i = 0; i < window_size; i++) {
      state = state * 1664525 + 1013904223;
      /* A word of memory is no mapped address, should it be loaded into the PC. */
      pristine[i] = i % 4 == 3 ? 0xf0 | state >> 28 : state >> 24;
    }
  }
  memcpy(before, pristine, window_size);
  if (trial.flip == 0xffffffff)
    for (int i = 0; i < window_size; i++) before[i] ^= i % 4 == 3 ? 0x0f : 0xff;
  else if (trial.flip != 0)
    before[trial.flip % window_size] ^= 0x0f;
  memcpy(WINDOW, before, window_size);
  uint8_t *code = code_of(&trial);
  if (trial.thumb && trial.size == 4) *(uint32_t *)code = trial.word >> 16 | trial.word << 16;
  else if (trial.thumb) *(uint16_t *)code = trial.word;
  else *(uint32_t *)code = trial.word;
  __builtin___clear_cache((char *)code, (char *)code + 4);
  for (int i = 0; i < 15; i++) r[i] = trial.r[i];
  context->uc_mcontext.arm_pc = (uint32_t)code;
  context->uc_mcontext.arm_cpsr = trial.cpsr;
  memcpy(d, trial.d, sizeof trial.d);
  *(uint32_t *)(d + 32) = 0;
}

int main(void) {
  int rwx = PROT_READ | PROT_WRITE | PROT_EXEC, how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  if (mmap(WINDOW, window_size, PROT_READ | PROT_WRITE, how, -1, 0) == MAP_FAILED) return 2;
  if (mmap(CODE_A, code_size, rwx, how, -1, 0) == MAP_FAILED) return 2;
  if (mmap(CODE_T, code_size, rwx, how, -1, 0) == MAP_FAILED) return 2;
  fill_code(CODE_A, 0);
  fill_code(CODE_T, 1);
  static uint8_t stack[1 << 16];
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternate, NULL);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  int signals[] = {SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE};
  for (int i = 0; i < 5; i++) sigaction(signals[i], &action, NULL);
  /* The first signal: the handler sets up the first trial. */
  __asm__ volatile(".inst 0xe7f000f0");
  return 3;
}
