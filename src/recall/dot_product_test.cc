#include "recall/dot_product.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace nexus::recall {
namespace {

TEST(DotProductTest, EveryLaneCountsAtEverySize) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> real(-1, 1);
  for (size_t count = 0; count <= 512; count += kLanes) {
    std::vector<float> a(count), b(count);
    double expected = 0;
    for (size_t i = 0; i < count; ++i) {
      a[i] = real(random);
      b[i] = real(random);
      expected += static_cast<double>(a[i]) * b[i];
    }
    EXPECT_NEAR(FastestDotProduct()(a.data(), b.data(), count), expected, 1e-4) << count;
  }
}

}  // namespace
}  // namespace nexus::recall
