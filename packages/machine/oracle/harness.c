// Executes short pieces of code under qemu-arm, each from a given state, and writes the state they end in. Every piece ends with a signal:
// the undefined instruction behind it, or a branch to where nothing is mapped; its frame has the registers.
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define SCRATCH 0x50000000u
#define SCRATCH_BYTES 4096
#define CODE 0x60000000u
#define CODE_BYTES 0x5000
#define SNIPPET (CODE + 0x2000)
#define ENTRY_PAGE 0x48000000u
#define ENTRY (ENTRY_PAGE + 0xf00)

struct state {
  uint32_t r[15], pc, cpsr, fpscr, words[64];
};
struct request {
  struct state before;
  uint32_t seed, bytes;
  uint8_t code[64];
};
struct answer {
  struct state after;
  uint32_t signal, memory;
};

static sigjmp_buf back;
static struct answer answer;

static void handler(int number, siginfo_t *info, void *context) {
  (void)info;
  ucontext_t *uc = context;
  mcontext_t *m = &uc->uc_mcontext;
  memcpy(answer.after.r, &m->arm_r0, 15 * 4);
  answer.after.pc = m->arm_pc;
  answer.after.cpsr = m->arm_cpsr;
  // The VFP frame: magic, size, 32 doubles, FPSCR.
  const uint32_t *frame = (const uint32_t *)uc->uc_regspace;
  while (frame[0] != 0x56465001 && frame[0] != 0) frame += frame[1] / 4;
  if (frame[0] == 0x56465001) {
    memcpy(answer.after.words, frame + 2, 64 * 4);
    answer.after.fpscr = frame[66];
  }
  answer.signal = number;
  siglongjmp(back, 1);
}

static uint32_t next(uint32_t *seed) {
  uint32_t x = *seed;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *seed = x;
}

static void fill(uint32_t seed) {
  uint32_t *words = (uint32_t *)SCRATCH;
  for (int i = 0; i < SCRATCH_BYTES / 4; i++) {
    uint32_t word = next(&seed);
    words[i] = word % 3 ? word : 0x5a000000u | (word & 0x00fffffd);
  }
}

static uint32_t hash(void) {
  const uint32_t *words = (const uint32_t *)SCRATCH;
  uint32_t h = 2166136261u;
  for (int i = 0; i < SCRATCH_BYTES / 4; i++) h = (h ^ words[i]) * 16777619u;
  return h;
}

static void *at(uint32_t address, uint32_t bytes, int permissions) {
  void *p = mmap((void *)address, bytes, permissions, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (p == MAP_FAILED) exit(3);
  return p;
}

// Loads the state at the address in r0 and goes on at its pc.
static const uint32_t entry[] = {
    0xe1a0e000, // mov lr, r0
    0xe28e1048, // add r1, lr, #72
    0xecb10b20, // vldmia r1!, {d0-d15}
    0xecf10b20, // vldmia r1!, {d16-d31}
    0xe59e1044, // ldr r1, [lr, #68]
    0xeee11a10, // vmsr fpscr, r1
    0xe59e1040, // ldr r1, [lr, #64]
    0xe12cf001, // msr cpsr_fs, r1
    0xe59e103c, // ldr r1, [lr, #60]
    0xe58f1114, // str r1, [pc, #276]: in the page behind, so that this one is not written
    0xe59ed034, // ldr sp, [lr, #52]
    0xe89e1fff, // ldm lr, {r0-r12}
    0xe59ee038, // ldr lr, [lr, #56]
    0xe59ff104, // ldr pc, [pc, #260]
};

int main(void) {
  at(SCRATCH, SCRATCH_BYTES, PROT_READ | PROT_WRITE);
  at(CODE, CODE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC);
  at(ENTRY_PAGE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
  at(ENTRY_PAGE + 4096, 4096, PROT_READ | PROT_WRITE);
  memcpy((void *)ENTRY, entry, sizeof entry);
  stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
  sigaltstack(&stack, 0);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  int signals[] = {SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE};
  for (int i = 0; i < 5; i++) sigaction(signals[i], &action, 0);
  static struct request request;
  while (fread(&request, sizeof request, 1, stdin) == 1) {
    fill(request.seed);
    memset((void *)(SNIPPET), 0, 128);
    memcpy((void *)(SNIPPET), request.code, request.bytes);
    __builtin___clear_cache((char *)SNIPPET, (char *)SNIPPET + 128);
    memset(&answer, 0, sizeof answer);
    if (sigsetjmp(back, 1) == 0) ((void (*)(struct state *))ENTRY)(&request.before);
    answer.memory = hash();
    fwrite(&answer, sizeof answer, 1, stdout);
  }
  return 0;
}
