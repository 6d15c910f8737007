#include "memory/acknowledged.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace nexus::memory {
namespace {

TEST(AcknowledgedTest, TheKeptAnswerIsTheFirstAnswerAgain) {
  Acknowledged first;
  first.items.push_back({RandomUuid(), 1, *ParseTimestamp("2026-11-24T12:00:00.000123Z")});
  first.items.push_back({RandomUuid(), 1, *ParseTimestamp("2026-11-24T12:00:00Z")});
  first.position = "123.1:4711:42";
  const Acknowledged again = FromRecord(ToRecord(first));
  ASSERT_EQ(again.items.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(again.items[i].id, first.items[i].id);
    EXPECT_EQ(again.items[i].version, first.items[i].version);
    EXPECT_EQ(again.items[i].created_at, first.items[i].created_at);
  }
  EXPECT_EQ(again.position, first.position);
  EXPECT_TRUE(again.replayed);
}

TEST(AcknowledgedTest, AForeignTextIsNoAnswer) {
  EXPECT_THROW(FromRecord("{}"), Failure);
  EXPECT_THROW(FromRecord(R"({"items":[{"id":"x","version":1,"created_at":"y"}],"position":""})"),
               Failure);
}

}  // namespace
}  // namespace nexus::memory
