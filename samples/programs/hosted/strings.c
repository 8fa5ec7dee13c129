// The C library's strings, sorting, searching, formatting and memory.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int byText(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }
int main(int argc, char **argv) {
  const char *text = "The quick brown fox jumps over the lazy dog and runs away from the other quick brown foxes";
  char copy[256];
  char *words[64];
  int count = 0;
  strcpy(copy, text);
  for (char *word = strtok(copy, " "); word; word = strtok(0, " ")) words[count++] = word;
  qsort(words, count, sizeof *words, byText);
  for (int i = 0; i < count; i++) printf("%s%c", words[i], i + 1 < count ? ' ' : '\n');
  printf("%zu %ld %ld %d\n", strlen(text), strstr(text, "lazy") - text, strchr(text, 'j') - text, memcmp(text, "The quiet", 9) < 0);
  for (int size = 0; size < 70; size++) {
    char from[80], to[80];
    for (int i = 0; i < 80; i++) from[i] = (char)(i * 7 + size), to[i] = 0;
    memcpy(to + size % 5, from + size % 3, size);
    memmove(to + 2, to, size);
    unsigned h = 0;
    for (int i = 0; i < 80; i++) h = h * 31 + (unsigned char)to[i];
    printf("%08x%c", h, size % 7 == 6 ? '\n' : ' ');
  }
  char *grown = 0;
  size_t used = 0;
  for (int i = 0; i < 2000; i++) {
    grown = realloc(grown, used + 40);
    used += sprintf(grown + used, "%d:%x,", i, i * i);
  }
  unsigned h = 5381;
  for (size_t i = 0; i < used; i++) h = h * 33 + (unsigned char)toupper(grown[i]);
  printf("%zu %08x\n", used, h);
  void *blocks[100];
  for (int i = 0; i < 100; i++) memset(blocks[i] = malloc(i * 997 + 1), i, i * 997 + 1);
  for (int i = 0; i < 100; i += 2) free(blocks[i]);
  for (int i = 0; i < 100; i += 2) blocks[i] = calloc(i + 1, 333);
  h = 0;
  for (int i = 0; i < 100; i++) h = h * 31 + *(unsigned char *)blocks[i];
  printf("%08x %d %s|%-8s|%08.3f|%+d|%5.2e\n", h, argc, argv[0] ? "named" : "", "left", 3.14159, 42, 12345.678);
  fprintf(stderr, "to the other stream\n");
  return 0;
}
