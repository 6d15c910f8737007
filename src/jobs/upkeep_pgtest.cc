#include "jobs/index_feed.h"
#include "jobs/jobs_fixture.h"
#include "jobs/keeper.h"

namespace nexus::jobs {
namespace {

using IndexFeedTest = JobsTest;
using KeeperTest = JobsTest;

TEST_F(IndexFeedTest, WhatOthersCommitReachesTheResidentIndex) {
  auto relay = PoolAs("nexus_relay");
  store::Outbox outbox(*relay);
  memory::FeedPosition position(Await(outbox.Start()));
  IndexFeed feed(loop_.get_executor(), outbox, *spaces_, position, metrics_,
                 std::chrono::milliseconds(5));
  const auto index = Beside(indexes_->Get(brain_));
  feed.Start();
  Insert("uno");
  EXPECT_TRUE(Until([&] { return index->size() == 1; }));
  DeleteAll();
  EXPECT_TRUE(Until([&] { return index->size() == 0; }));
  EXPECT_TRUE(Stop(feed));
  EXPECT_EQ(feed.last_error(), "");
}

TEST_F(IndexFeedTest, AnotherHistoryOfTheDatabaseGivesTheIndexesUp) {
  auto relay = PoolAs("nexus_relay");
  store::Outbox outbox(*relay);
  // A node that had read on before an older copy was restored.
  store::Position ahead = Await(outbox.Start());
  ahead.xid = "1" + ahead.xid;
  memory::FeedPosition position(ahead);
  IndexFeed feed(loop_.get_executor(), outbox, *spaces_, position, metrics_,
                 std::chrono::milliseconds(5));
  Beside(indexes_->Get(brain_));
  feed.Start();
  EXPECT_TRUE(Until([&] { return indexes_->resident() == 0; }));
  const auto index = Beside(indexes_->Get(brain_));
  Insert("uno");
  EXPECT_TRUE(Until([&] { return index->size() == 1; }));
  EXPECT_TRUE(Stop(feed));
}

TEST(PositionTest, AHistoryGoesOnInItsEpochAndNeverBack) {
  const store::Position reached{"7.1", "99", 3};
  EXPECT_TRUE(Continues(reached, {"7.1", "99", -1}));
  EXPECT_TRUE(Continues(reached, {"7.1", "100", -1}));
  EXPECT_FALSE(Continues(reached, {"7.1", "98", -1}));
  EXPECT_FALSE(Continues(reached, {"7.2", "100", -1}));
}

TEST_F(KeeperTest, MakesAPartitionAlsoOfAMonthWhoseRowsCameBeforeIt) {
  constexpr std::string_view kRows =
      "SELECT string_agg(DISTINCT tableoid::regclass::text, ',') "
      "FROM nexus_memory.outbox WHERE aggregateid = 'x'";
  Ask(
      std::format("INSERT INTO nexus_memory.outbox (brain_id, occurred_at, aggregatetype, "
                  "aggregateid, type, payload) VALUES ('{}', '2031-05-07', 'x', 'x', 'x', '{{}}')",
                  brain_.ToString()));
  ASSERT_EQ(Ask(std::string(kRows)), "nexus_memory.outbox_overflow");
  auto pool = PoolAs("nexus_keeper");
  Beside(store::Upkeep(*pool).EnsureOutboxPartition(std::chrono::year(2031) / 5 / 1));
  EXPECT_EQ(Ask(std::string(kRows)), "nexus_memory.outbox_2031_05");
}

TEST_F(KeeperTest, MakesTheOutboxPartitionsAheadAndPrunesOldKeys) {
  moved_clock_.Advance(std::chrono::days(500));
  Ask(
      std::format("INSERT INTO nexus_memory.api_keys (key_id, name, prefix, secret_sha256, scopes) "
                  "VALUES ('{}', 'x', 'x', 'x', '{{read}}')",
                  brain_.ToString()));
  for (std::string_view kept :
       {"idempotency_keys (brain_id", "caller_idempotency_keys (caller_id"}) {
    Ask(std::format(
        "INSERT INTO nexus_memory.{3}, key, request_sha256, created_at) "
        "VALUES ('{0}', 'old', 'x', '{1}'), ('{0}', 'young', 'x', '{2}')",
        brain_.ToString(),
        FormatTimestamp(moved_clock_.Now() - kIdempotencyKeyLife - std::chrono::minutes(1)),
        FormatTimestamp(moved_clock_.Now() - kIdempotencyKeyLife + std::chrono::hours(1)), kept));
  }
  auto pool = PoolAs("nexus_keeper");
  Keeper keeper(loop_.get_executor(), *pool, moved_clock_);
  keeper.Start();
  EXPECT_TRUE(Until([&] {
    return Ask("SELECT string_agg(key, ',') FROM (TABLE nexus_memory.idempotency_keys "
               "UNION ALL TABLE nexus_memory.caller_idempotency_keys) kept") == "young,young";
  }));
  const std::chrono::year_month_day today(
      std::chrono::floor<std::chrono::days>(moved_clock_.Now()));
  const auto next_month =
      std::format("SELECT to_regclass('nexus_memory.outbox_{:%Y_%m}') IS NOT NULL",
                  today.year() / today.month() / 1 + std::chrono::months(1));
  EXPECT_TRUE(Until([&] { return Ask(next_month) == "t"; }));
  EXPECT_TRUE(Stop(keeper));
  EXPECT_EQ(keeper.last_error(), "");
}

}  // namespace
}  // namespace nexus::jobs
