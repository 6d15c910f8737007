#include "memory/snapshot_due.h"

#include <gtest/gtest.h>

namespace nexus::memory {
namespace {

using std::chrono::seconds;

const SnapshotPolicy kPolicy;

class SnapshotDueTest : public testing::Test {
 protected:
  SnapshotDueTest() { due_.Saved(100, now_); }

  SnapshotStep After(seconds step, SnapshotDue::Sight sight) {
    now_ += step;
    return due_.Look(kPolicy, sight, now_);
  }

  SnapshotDue due_;
  SnapshotDue::TimePoint now_{seconds(1'000)};
};

TEST_F(SnapshotDueTest, WhatHasNoFileIsWrittenOnceItIsQuiet) {
  EXPECT_EQ(After(seconds(1), {5'000, 100, false}), SnapshotStep::kNothing);
  EXPECT_EQ(After(seconds(2), {5'000, 101, false}), SnapshotStep::kNothing);
  EXPECT_EQ(After(seconds(4), {5'000, 101, false}), SnapshotStep::kNothing);
  EXPECT_EQ(After(seconds(1), {5'000, 101, false}), SnapshotStep::kWriteIfLet);
}

TEST_F(SnapshotDueTest, FewEpisodesAreNotWorthAFile) {
  EXPECT_EQ(After(seconds(60), {999, 100, false}), SnapshotStep::kNothing);
}

TEST_F(SnapshotDueTest, AFewChangesWaitUntilTheFileHasAged) {
  EXPECT_EQ(After(seconds(60), {1'000, 355, true}), SnapshotStep::kNothing);
  EXPECT_EQ(After(kPolicy.age, {1'000, 355, true}), SnapshotStep::kWriteIfLet);
}

TEST_F(SnapshotDueTest, ManyChangesAreWrittenOnceItIsQuiet) {
  EXPECT_EQ(After(seconds(1), {1'000, 356, true}), SnapshotStep::kNothing);
  EXPECT_EQ(After(seconds(5), {1'000, 356, true}), SnapshotStep::kWriteIfLet);
  due_.Saved(356, now_);
  EXPECT_EQ(After(seconds(5), {1'000, 356, true}), SnapshotStep::kNothing);
}

TEST_F(SnapshotDueTest, OfALargeBrainMoreChangesAreMany) {
  EXPECT_EQ(After(seconds(1), {160'000, 10'099, true}), SnapshotStep::kNothing);
  EXPECT_EQ(After(seconds(5), {160'000, 10'099, true}), SnapshotStep::kNothing);
  EXPECT_EQ(After(seconds(1), {160'000, 10'100, true}), SnapshotStep::kNothing);
  EXPECT_EQ(After(seconds(5), {160'000, 10'100, true}), SnapshotStep::kWriteIfLet);
}

TEST_F(SnapshotDueTest, WhatIsNeverQuietIsWrittenAllTheSame) {
  uint64_t changes = 1'000;
  for (seconds waited{0}; waited < kPolicy.patience; waited += seconds(1)) {
    EXPECT_EQ(After(seconds(1), {1'000, ++changes, true}), SnapshotStep::kNothing);
  }
  EXPECT_EQ(After(seconds(1), {1'000, ++changes, true}), SnapshotStep::kWrite);
}

TEST_F(SnapshotDueTest, AFileThatIsStillTrueIsMovedWhenItHasAged) {
  EXPECT_EQ(After(kPolicy.age - seconds(1), {1'000, 100, true}), SnapshotStep::kNothing);
  EXPECT_EQ(After(seconds(1), {1'000, 100, true}), SnapshotStep::kMove);
}

TEST_F(SnapshotDueTest, AfterAFailureItIsNotTriedAgainAtOnce) {
  due_.Failed(now_);
  EXPECT_EQ(After(kPolicy.age - seconds(1), {1'000, 100, false}), SnapshotStep::kNothing);
  EXPECT_EQ(After(seconds(1), {1'000, 100, false}), SnapshotStep::kWriteIfLet);
}

TEST_F(SnapshotDueTest, AtTheEndWhatIsWorthItIsWrittenWithoutWaiting) {
  EXPECT_EQ(due_.LookLast(kPolicy, {1'000, 356, true}, now_), SnapshotStep::kWrite);
  EXPECT_EQ(due_.LookLast(kPolicy, {1'000, 355, true}, now_), SnapshotStep::kNothing);
  EXPECT_EQ(due_.LookLast(kPolicy, {1'000, 100, false}, now_), SnapshotStep::kWrite);
}

}  // namespace
}  // namespace nexus::memory
