// Threads: atomic operations, a mutex, thread-local storage. Run with several cores.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
enum { threads = 3, rounds = 200 };
static atomic_int counter;
static atomic_ullong wide;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int guarded;
static __thread int own;
static void *work(void *argument) {
  for (int i = 0; i < rounds; i++) {
    atomic_fetch_add(&counter, 1);
    atomic_fetch_add(&wide, 1ull << 33);
    pthread_mutex_lock(&lock);
    guarded++;
    pthread_mutex_unlock(&lock);
    own += *(int *)argument;
  }
  *(int *)argument = own;
  return argument;
}
int main(void) {
  pthread_t thread[threads];
  int numbers[threads], sum = 0;
  for (int i = 0; i < threads; i++) pthread_create(&thread[i], 0, work, (numbers[i] = i + 1, &numbers[i]));
  for (int i = 0; i < threads; i++) pthread_join(thread[i], 0);
  for (int i = 0; i < threads; i++) sum += numbers[i];
  printf("%d %llu %d %d %d\n", counter, atomic_load(&wide) >> 33, guarded, sum, own);
  return 0;
}
