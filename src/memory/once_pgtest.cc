#include "memory/once.h"

#include "memory/memory_fixture.h"

namespace nexus::memory {
namespace {

class OnceTest : public MemoryTest {
 protected:
  static Task<> BeginInto(Ledger& ledger, Uuid brain, std::optional<IdempotencyKey> key,
                          std::optional<Once>& begun) {
    begun.emplace(co_await ledger.OfBrain(brain, std::move(key)));
  }

  Once Begin(Node& node, Uuid brain, std::optional<IdempotencyKey> key) {
    Ledger ledger(*node.api, clock_);
    std::optional<Once> begun;
    Await(BeginInto(ledger, brain, std::move(key), begun));
    return std::move(*begun);
  }
};

TEST_F(OnceTest, WhatIsCommittedIsKeptAndWhatIsCancelledIsNot) {
  auto node = NewNode();
  const Uuid brain = NewBrain("ana");
  const IdempotencyKey key{"k", "digest"};
  Once cancelled = Begin(*node, brain, key);
  EXPECT_FALSE(cancelled.earlier());
  Await(cancelled.Cancel());
  Once first = Begin(*node, brain, key);
  EXPECT_FALSE(first.earlier());
  Await(first.Commit(R"({"version":7})"));
  Once again = Begin(*node, brain, key);
  EXPECT_EQ(again.earlier().value().value(), R"({"version": 7})");
  Await(again.Cancel());
  Once other = Begin(*node, brain, IdempotencyKey{"k", "another"});
  EXPECT_EQ(other.earlier().value().error().code, ErrorCode::kKeyReused);
  Await(other.Cancel());
}

TEST_F(OnceTest, AKeyThatIsHeldByARunningRequestIsNotWaitedForForEver) {
  auto node = NewNode();
  const Uuid brain = NewBrain("ana");
  Once running = Begin(*node, brain, IdempotencyKey{"k", "digest"});
  Once second = Begin(*node, brain, IdempotencyKey{"k", "digest"});
  EXPECT_EQ(second.earlier().value().error().code, ErrorCode::kStillRunning);
  Await(second.Cancel());
  auto batch = Store(*node, brain, Text("uno"), IdempotencyKey{"k", "digest"});
  EXPECT_EQ(batch.error().code, ErrorCode::kStillRunning);
  Await(running.Commit("{}"));
}

TEST_F(OnceTest, TheSameKeyInAnotherBrainIsAnotherOne) {
  auto node = NewNode();
  Await(Begin(*node, NewBrain("ana"), IdempotencyKey{"k", "digest"}).Commit("{}"));
  Once other = Begin(*node, NewBrain("eva"), IdempotencyKey{"k", "digest"});
  EXPECT_FALSE(other.earlier());
  Await(other.Commit("{}"));
}

}  // namespace
}  // namespace nexus::memory
