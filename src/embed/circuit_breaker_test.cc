#include "embed/circuit_breaker.h"

#include <gtest/gtest.h>

namespace nexus::embed {
namespace {

using std::chrono::milliseconds;
using Call = CircuitBreaker::Call;

class CircuitBreakerTest : public testing::Test {
 protected:
  void Fail(CircuitBreaker::Cause cause = {.reason = "it answered 500"}) {
    const auto call = breaker_.Enter(now_);
    ASSERT_TRUE(call);
    breaker_.Failed(*call, now_, std::move(cause));
  }
  void Open() { Fail({.reason = "no answer", .grave = true}); }
  bool Refuses() const { return breaker_.At(now_).refuses; }

  CircuitBreaker breaker_;
  CircuitBreaker::Time now_{std::chrono::hours(1)};
};

TEST_F(CircuitBreakerTest, ItOpensAfterThreeFailuresInARow) {
  Fail();
  Fail();
  breaker_.Succeeded(*breaker_.Enter(now_));
  Fail();
  Fail();
  EXPECT_FALSE(Refuses());
  EXPECT_EQ(breaker_.At(now_).trouble, "");
  Fail();
  EXPECT_TRUE(Refuses());
  EXPECT_EQ(breaker_.At(now_).trouble, "it answered 500");
  EXPECT_FALSE(breaker_.Enter(now_));
}

TEST_F(CircuitBreakerTest, AGraveFailureOpensItAtOnce) {
  Open();
  EXPECT_TRUE(Refuses());
}

TEST_F(CircuitBreakerTest, AfterThePauseOneProbeAtATimeIsLetThrough) {
  Open();
  now_ += CircuitBreaker::kFirstPause;
  EXPECT_EQ(breaker_.Enter(now_), Call::kProbe);
  EXPECT_FALSE(breaker_.Enter(now_));
  EXPECT_TRUE(Refuses());
  breaker_.Succeeded(Call::kProbe);
  EXPECT_FALSE(Refuses());
  EXPECT_EQ(breaker_.At(now_).trouble, "");
  EXPECT_EQ(breaker_.Enter(now_), Call::kOrdinary);
}

TEST_F(CircuitBreakerTest, EachFailedProbeDoublesThePauseUpToTheLongest) {
  Open();
  milliseconds pause = CircuitBreaker::kFirstPause;
  for (int probe = 0; probe < 10; ++probe) {
    now_ += pause - milliseconds(1);
    EXPECT_TRUE(Refuses()) << probe;
    now_ += milliseconds(1);
    Fail();
    pause = std::min(2 * pause, CircuitBreaker::kLongestPause);
  }
  EXPECT_EQ(pause, CircuitBreaker::kLongestPause);
}

TEST_F(CircuitBreakerTest, ThePauseIsAtLeastWhatTheServerAsksFor) {
  Fail({.reason = "429", .grave = true, .pause = std::chrono::seconds(30)});
  now_ += std::chrono::seconds(29);
  EXPECT_TRUE(Refuses());
  now_ += std::chrono::seconds(1);
  EXPECT_FALSE(Refuses());
}

TEST_F(CircuitBreakerTest, WhatBeganBeforeTheOpeningNeitherProlongsItNorEndsAProbe) {
  const Call slow = *breaker_.Enter(now_);
  Open();
  now_ += CircuitBreaker::kFirstPause;
  ASSERT_EQ(breaker_.Enter(now_), Call::kProbe);
  breaker_.Failed(slow, now_, {.reason = "late"});
  EXPECT_FALSE(breaker_.Enter(now_));
  EXPECT_EQ(breaker_.At(now_).trouble, "no answer");
}

}  // namespace
}  // namespace nexus::embed
