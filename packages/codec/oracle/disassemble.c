/* LLVM's disassembler over words: reads lines of the first word and a count, and writes for each word the length of its text in
   a byte and the text without spaces around it; nothing where LLVM does not decode it, or only as UNPREDICTABLE. */
#include <llvm-c/Disassembler.h>
#include <llvm-c/Target.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  LLVMInitializeARMTargetInfo();
  LLVMInitializeARMTargetMC();
  LLVMInitializeARMDisassembler();
  int thumb = strcmp(argv[1], "t32") == 0;
  const char *triple = thumb ? "thumbv7a-none-eabi" : "armv7a-none-eabi";
  LLVMDisasmContextRef context = LLVMCreateDisasmCPUFeatures(triple, "", argv[2], NULL, 0, NULL, NULL);
  if (!context) return 3;
  static char buffer[1 << 16];
  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  unsigned long from, count;
  while (scanf("%lu %lu", &from, &count) == 2) {
    for (unsigned long i = 0; i < count; i++) {
      uint32_t word = from + i;
      if (thumb) word = word << 16 | word >> 16;
      uint8_t bytes[4] = {word, word >> 8, word >> 16, word >> 24};
      char text[512];
      size_t size = LLVMDisasmInstruction(context, bytes, 4, 0, text, sizeof text);
      char *line = text + strspn(text, " \t");
      size_t length = size == 4 ? strlen(line) : 0;
      while (length > 0 && line[length - 1] == ' ') length--;
      if (length > 255) length = 255;
      putchar_unlocked((int)length);
      fwrite_unlocked(line, 1, length, stdout);
    }
    fflush(stdout);
  }
  return 0;
}
