// Single and double precision: arithmetic, conversions, comparison, formatting, the mathematics library.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
static double polynomial(double x) { return ((x * 0.5 - 1.25) * x + 3.0) * x - 7.75; }
static float average(const float *v, int n) {
  float sum = 0;
  for (int i = 0; i < n; i++) sum += v[i];
  return sum / (float)n;
}
int main(void) {
  double sum = 0;
  for (int i = 1; i <= 200; i++) sum += polynomial(i / 7.0) / (i + 0.5);
  printf("%.12f %a\n", sum, sum);
  float values[64];
  for (int i = 0; i < 64; i++) values[i] = (float)(i * i) / 3.0f - 100.0f;
  printf("%.6f %g\n", average(values, 64), sqrtf(values[63]));
  for (int i = -3; i <= 3; i++) printf("%d %u %lld ", (int)(i * 1.7), (unsigned)(i < 0 ? 0 : i * 1e9), (long long)(i * 1e12));
  printf("\n%f %f %f %f\n", sin(1.0), cos(2.0), exp(1.5), log(10.0));
  printf("%e %e %g %g\n", pow(2.5, 7.25), atan2(1, -2), fmod(10.5, 3.2), floor(-2.5));
  double zero = 0;
  printf("%f %f %d %d %d\n", 1 / zero, -1 / zero, isnan(zero / zero) != 0, zero == -zero, (zero / zero) < 1);
  printf("%f %d %g\n", strtod("3.25e2", 0), atoi("77"), ldexp(0.75, 10));
  unsigned long long big = 0xfedcba9876543210ull;
  printf("%f %f %llu\n", (double)big, (float)big, (unsigned long long)1.8e19);
  return 3;
}
