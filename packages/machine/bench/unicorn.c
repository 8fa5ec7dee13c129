// Runs a program without a C library under Unicorn, with the system calls write and exit_group.
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

static void interrupt(uc_engine *uc, uint32_t number, void *data) {
  (void)number;
  (void)data;
  uint32_t r0, r1, r2, r7;
  uc_reg_read(uc, UC_ARM_REG_R0, &r0);
  uc_reg_read(uc, UC_ARM_REG_R1, &r1);
  uc_reg_read(uc, UC_ARM_REG_R2, &r2);
  uc_reg_read(uc, UC_ARM_REG_R7, &r7);
  if (r7 == 4) {
    char text[256];
    uc_mem_read(uc, r1, text, r2 > 256 ? 256 : r2);
    fwrite(text, 1, r2 > 256 ? 256 : r2, stdout);
  } else
    uc_emu_stop(uc);
}

int main(int argc, char **argv) {
  static char file[1 << 20];
  FILE *f = fopen(argv[1], "rb");
  if (!f || fread(file, 1, sizeof file, f) < sizeof(Elf32_Ehdr)) return 2;
  Elf32_Ehdr *header = (Elf32_Ehdr *)file;
  uc_engine *uc;
  if (uc_open(UC_ARCH_ARM, header->e_entry & 1 ? UC_MODE_THUMB : UC_MODE_ARM, &uc)) return 2;
  uc_ctl_set_cpu_model(uc, UC_CPU_ARM_CORTEX_A15);
  uc_mem_map(uc, 0x10000, 0x100000, UC_PROT_ALL);
  uc_mem_map(uc, 0x800000, 0x100000, UC_PROT_ALL);
  for (int i = 0; i < header->e_phnum; i++) {
    Elf32_Phdr *p = (Elf32_Phdr *)(file + header->e_phoff) + i;
    if (p->p_type == PT_LOAD) uc_mem_write(uc, p->p_vaddr, file + p->p_offset, p->p_filesz);
  }
  uint32_t sp = 0x8f0000, words[4] = {2, 0x8f0100, 0x8f0110, 0};
  uc_mem_write(uc, sp, words, sizeof words);
  uc_mem_write(uc, 0x8f0110, argv[2], strlen(argv[2]) + 1);
  uc_reg_write(uc, UC_ARM_REG_SP, &sp);
  uc_hook hook;
  uc_hook_add(uc, &hook, UC_HOOK_INTR, (void *)interrupt, 0, 1, 0);
  uc_err error = uc_emu_start(uc, header->e_entry, 0, 0, 0);
  if (error) fprintf(stderr, "%s\n", uc_strerror(error));
  return error != 0;
}
