#include "base/time.h"

#include <gtest/gtest.h>

namespace nexus {
namespace {

std::string RoundTrip(std::string_view text) {
  auto time = ParseTimestamp(text);
  return time ? FormatTimestamp(*time) : "refused";
}

TEST(TimestampTest, OffsetsBecomeUtc) {
  EXPECT_EQ(RoundTrip("2026-11-24T13:52:30+02:00"), "2026-11-24T11:52:30Z");
  EXPECT_EQ(RoundTrip("2026-01-01 00:30:00-01"), "2026-01-01T01:30:00Z");
}

TEST(TimestampTest, WithoutAnOffsetItIsUtcAndPartsMayBeLeftOut) {
  EXPECT_EQ(RoundTrip("2026-11-24T13:52"), "2026-11-24T13:52:00Z");
  EXPECT_EQ(RoundTrip("2024-02-29"), "2024-02-29T00:00:00Z");
}

TEST(TimestampTest, MicrosecondsAreKeptAndFinerDigitsDropped) {
  EXPECT_EQ(RoundTrip("2026-11-24T13:52:30.000123Z"), "2026-11-24T13:52:30.000123Z");
  EXPECT_EQ(RoundTrip("2026-11-24T13:52:30.1234569Z"), "2026-11-24T13:52:30.123456Z");
  EXPECT_EQ(RoundTrip("1969-12-31T23:59:59.5Z"), "1969-12-31T23:59:59.500000Z");
}

TEST(TimestampTest, AnythingElseIsRefused) {
  for (std::string_view text :
       {"", "yesterday", "2026-02-29", "2026-13-01", "2026-11-24T24:00:00Z", "2026-11-24T13:60:00Z",
        "2026-11-24T13:52:30.Z", "2026-11-24T13:52:30Zx", "2026-11-24T13:52:30+2", "26-11-24"}) {
    EXPECT_EQ(RoundTrip(text), "refused") << text;
  }
}

TEST(TimestampTest, AnOffsetThatLeadsOutOfTheYearsOfFourDigitsIsRefused) {
  EXPECT_EQ(RoundTrip("9999-12-31T23:59:59-23:00"), "refused");
  EXPECT_EQ(RoundTrip("9999-12-31T23:59:60Z"), "refused");
  EXPECT_EQ(RoundTrip("0000-01-01T00:00:00+00:01"), "refused");
  EXPECT_EQ(RoundTrip("9999-12-31T23:59:59Z"), "9999-12-31T23:59:59Z");
}

TEST(Rfc3339Test, TakesEveryFormOfIt) {
  for (std::string_view text :
       {"2026-11-24T13:52:30Z", "2026-11-24t13:52:30z", "2026-11-24 13:52:30Z",
        "2026-11-24T14:52:30+01:00", "2026-11-24T13:52:30.000Z", "2026-11-24T13:22:30-00:30"}) {
    EXPECT_EQ(ParseRfc3339(text), ParseTimestamp("2026-11-24T13:52:30Z")) << text;
  }
}

TEST(Rfc3339Test, WhatIsOnlyLikeItIsRefused) {
  for (std::string_view text :
       {"", "2026-11-24", "2026-11-24T13:52Z", "2026-11-24T13:52:30", "2026-11-24T13:52:30+0100",
        "2026-11-24T13:52:30+01", "2026-11-24T13:52:30,5Z", "2026-11-24T13:52:30.Z",
        "2026-11-24T13:52:30Z ", "2026-02-29T00:00:00Z", "2026-11-24T13:52:30+24:00"}) {
    EXPECT_EQ(ParseRfc3339(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace nexus
