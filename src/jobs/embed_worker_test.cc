#include "jobs/embed_worker.h"

#include <gtest/gtest.h>

namespace nexus::jobs {
namespace {

using std::chrono::milliseconds;

TEST(RetryDelayTest, DoublesFromOneSecondToFiveMinutes) {
  EXPECT_EQ(RetryDelay(1, 0.5), milliseconds(1'000));
  EXPECT_EQ(RetryDelay(2, 0.5), milliseconds(2'000));
  EXPECT_EQ(RetryDelay(5, 0.5), milliseconds(16'000));
  EXPECT_EQ(RetryDelay(10, 0.5), milliseconds(300'000));
  EXPECT_EQ(RetryDelay(1'000'000, 0.5), milliseconds(300'000));
}

TEST(RetryDelayTest, JitterSpreadsItFromHalfToOneAndAHalf) {
  EXPECT_EQ(RetryDelay(3, 0), milliseconds(2'000));
  EXPECT_EQ(RetryDelay(3, 0.75), milliseconds(5'000));
}

}  // namespace
}  // namespace nexus::jobs
