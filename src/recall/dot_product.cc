#include "recall/dot_product.h"

#include <cstring>

namespace nexus::recall {
namespace {

using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;

// One body, compiled below for each instruction set: the compiler splits Lanes into what the
// target has. Two sums, because one would wait for itself.
[[gnu::always_inline]] inline float Dot(const float* a, const float* b, size_t count) {
  Lanes even = {};
  Lanes odd = {};
  size_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    Lanes a0, a1, b0, b1;
    std::memcpy(&a0, a + i, sizeof(Lanes));
    std::memcpy(&b0, b + i, sizeof(Lanes));
    std::memcpy(&a1, a + i + kLanes, sizeof(Lanes));
    std::memcpy(&b1, b + i + kLanes, sizeof(Lanes));
    even += a0 * b0;
    odd += a1 * b1;
  }
  if (i < count) {
    Lanes a0, b0;
    std::memcpy(&a0, a + i, sizeof(Lanes));
    std::memcpy(&b0, b + i, sizeof(Lanes));
    even += a0 * b0;
  }
  even += odd;
  float sum = 0;
  for (size_t lane = 0; lane < kLanes; ++lane) sum += even[lane];
  return sum;
}

float DotBaseline(const float* a, const float* b, size_t count) { return Dot(a, b, count); }

#ifdef __x86_64__
[[gnu::target("avx2,fma")]] float DotAvx2(const float* a, const float* b, size_t count) {
  return Dot(a, b, count);
}

[[gnu::target("avx512f")]] float DotAvx512(const float* a, const float* b, size_t count) {
  return Dot(a, b, count);
}
#endif

}  // namespace

// By hand instead of target_clones: its resolver runs before the sanitizers are ready.
DotProduct FastestDotProduct() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f")) return DotAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return DotAvx2;
#endif
  return DotBaseline;
}

}  // namespace nexus::recall
