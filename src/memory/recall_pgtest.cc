#include "memory/recall.h"

#include <boost/asio/this_coro.hpp>
#include <latch>

#include "memory/memory_fixture.h"

namespace nexus::memory {
namespace {

using postgres::Statement;
using Texts = std::vector<std::string>;

class RecallTest : public MemoryTest {
 protected:
  void ApplyOutbox(Node& node, store::Position& position) {
    auto relay = PoolAs("nexus_relay");
    auto events = Await(store::Outbox(*relay).Read(position, 1'000));
    if (events.empty()) return;
    position.xid = events.back().xid;
    position.seq = events.back().seq;
    Await(node.indexes.Apply(std::move(events)));
  }

  store::Position StartOfOutbox() {
    auto relay = PoolAs("nexus_relay");
    return Await(store::Outbox(*relay).Start());
  }
};

// Deletes when the load has taken the only connection, so after its first page was read.
Task<> DeleteBehindTheLoad(Node& node, Uuid brain, Uuid id, std::latch& page_may_go_on) {
  auto executor = co_await asio::this_coro::executor;
  while (node.api->open_connections() == 0) co_await asio::post(executor, asio::use_awaitable);
  EXPECT_TRUE(co_await store::DeleteEpisode(*node.api, brain, id));
  node.indexes.Remove(brain, id);
  page_may_go_on.count_down();
}

Task<> Block(ComputePool& compute, std::latch& until) {
  co_await compute.Run([&until] {
    until.wait();
    return true;
  });
}

TEST_F(RecallTest, WordsFindAMemoryAsSoonAsItIsAcknowledged) {
  auto node = NewNode();
  const Uuid brain = NewBrain("ana"), stranger = NewBrain("stranger");
  EXPECT_TRUE(Found(*node, brain, "guitar").empty());
  EXPECT_TRUE(Found(*node, stranger, "guitar").empty());
  StoreText(*node, brain, "Ana bought a red guitar");
  EXPECT_EQ(Found(*node, brain, "guitar"), Texts{"Ana bought a red guitar"});
  EXPECT_TRUE(Found(*node, stranger, "guitar").empty());
}

TEST_F(RecallTest, WithoutAModelWordsAnswerAndTheAnswerSaysSo) {
  auto node = NewNode();
  const Uuid brain = NewBrain("ana");
  StoreText(*node, brain, "Ana bought a red guitar");
  const auto recalled = Await(node->recall.Run(brain, {.query = "guitar"}));
  EXPECT_EQ(recalled.results.size(), 1u);
  EXPECT_EQ(recalled.degraded, Texts{"vectors"});
  EXPECT_TRUE(Await(node->recall.Run(brain, {.query = "guitar", .mode = recall::Mode::kWords}))
                  .degraded.empty());
}

TEST_F(RecallTest, ADeletedRowIsNotServedAlsoWhenTheIndexStillHasIt) {
  auto node = NewNode();
  const Uuid brain = NewBrain("ana");
  const Uuid gone = StoreText(*node, brain, "the first guitar");
  StoreText(*node, brain, "the second guitar");
  EXPECT_EQ(Found(*node, brain, "guitar").size(), 2u);
  EXPECT_TRUE(Await(store::DeleteEpisode(*node->api, brain, gone)));
  EXPECT_EQ(Found(*node, brain, "guitar"), Texts{"the second guitar"});
}

TEST_F(RecallTest, ALoadedIndexEqualsOneThatGrew) {
  auto grown = NewNode();
  const Uuid brain = NewBrain("ana");
  Await(grown->indexes.Get(brain));
  for (int i = 0; i < 7; ++i) {
    StoreText(*grown, brain, std::format("guitar number {} in the house", i),
              i % 2 ? "s" : std::optional<std::string>());
  }
  const auto vectors = EmbedAll();
  for (size_t i = 0; i + 1 < vectors.size(); i += 2) {
    Await(grown->indexes.SetVectors(brain, {vectors[i], vectors[i + 1]}));
  }
  auto loaded = NewNode({.dimension = 3, .load_page = 3});
  auto one = Await(grown->indexes.Get(brain)), other = Await(loaded->indexes.Get(brain));
  EXPECT_EQ(other->size(), 7u);
  EXPECT_EQ(other->embedded(), 7u);
  EXPECT_EQ(one->embedded(), 7u);
  for (auto mode : {recall::Mode::kHybrid, recall::Mode::kWords, recall::Mode::kVectors}) {
    const recall::Question question{text::QuestionTerms("guitar number 3"), {1, 0, 0}, mode, 10};
    const auto a = one->Search(question), b = other->Search(question);
    ASSERT_EQ(a.size(), 7u);
    ASSERT_EQ(b.size(), 7u);
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].id, b[i].id);
      EXPECT_NEAR(a[i].score, b[i].score, 1e-6);
    }
  }
}

TEST_F(RecallTest, WhatIsRemovedWhileTheIndexLoadsStaysRemoved) {
  auto writer = NewNode();
  const Uuid brain = NewBrain("ana");
  const Uuid gone = StoreText(*writer, brain, "the first guitar");
  StoreText(*writer, brain, "the second guitar");
  auto node = NewNode({.dimension = 3}, 1);
  std::latch page_may_go_on(1);
  asio::co_spawn(loop_, Block(node->compute, page_may_go_on), asio::detached);
  asio::co_spawn(loop_, DeleteBehindTheLoad(*node, brain, gone, page_may_go_on), asio::detached);
  auto index = Await(node->indexes.Get(brain));
  EXPECT_EQ(index->size(), 1u);
}

TEST_F(RecallTest, WhoAsksDuringALoadSharesItAndItsFailureAndTheNextTriesAgain) {
  auto writer = NewNode();
  const Uuid brain = NewBrain("ana");
  StoreText(*writer, brain, "guitar");
  Node node(PoolAs("nexus_relay"), space_, clock_, {.dimension = 3});  // may not read episodes
  int refused = 0;
  for (int i = 0; i < 2; ++i) {
    asio::co_spawn(loop_, node.indexes.Get(brain),
                   [&](std::exception_ptr failure, const auto&) { refused += failure != nullptr; });
  }
  Drain();
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(node.indexes.resident(), 0u);
  auto owner = PoolAs("nexus_owner");
  constexpr Statement allow{"allow", "GRANT SELECT ON nexus_memory.episodes TO nexus_relay"};
  const std::string vectors =
      std::format("GRANT SELECT ON nexus_memory.embeddings_{} TO nexus_relay", space_);
  Await(owner->Run(allow, {}));
  Await(owner->Run(Statement{"allow_vectors", vectors.c_str()}, {}));
  EXPECT_EQ(Await(node.indexes.Get(brain))->size(), 1u);
}

TEST_F(RecallTest, WhatAnotherNodeDidArrivesThroughTheOutbox) {
  auto here = NewNode(), there = NewNode();
  const Uuid brain = NewBrain("ana");
  store::Position position = StartOfOutbox();
  auto index = Await(here->indexes.Get(brain));
  const Uuid kept = StoreText(*there, brain, "the first guitar");
  const Uuid gone = StoreText(*there, brain, "the second guitar");
  ApplyOutbox(*here, position);
  EXPECT_EQ(Found(*here, brain, "guitar").size(), 2u);
  EmbedAll();
  EXPECT_TRUE(Await(store::DeleteEpisode(*there->api, brain, gone)));
  ApplyOutbox(*here, position);
  EXPECT_EQ(index->size(), 1u);
  EXPECT_EQ(index->embedded(), 1u);
  EXPECT_EQ(Await(here->vectors.Get(brain, {kept})).size(), 2u);
}

TEST_F(RecallTest, VectorsThatComeBeforeTheirEpisodeAreBroughtByTheEvents) {
  auto here = NewNode(), there = NewNode();
  const Uuid brain = NewBrain("ana");
  store::Position position = StartOfOutbox();
  auto index = Await(here->indexes.Get(brain));
  StoreText(*there, brain, "a guitar of another node");
  Await(here->indexes.SetVectors(brain, EmbedAll()));
  EXPECT_EQ(index->embedded(), 0u);
  ApplyOutbox(*here, position);
  EXPECT_EQ(index->embedded(), 1u);
}

TEST_F(RecallTest, TheOldestIndexGoesWhenTheBudgetIsSpent) {
  auto node = NewNode({.dimension = 3, .max_bytes = 1});
  const Uuid first = NewBrain("first"), second = NewBrain("second");
  StoreText(*node, first, "one guitar");
  StoreText(*node, second, "two guitars");
  auto kept = Await(node->indexes.Get(first));
  EXPECT_EQ(node->indexes.resident(), 1u);
  Await(node->indexes.Get(second));
  EXPECT_EQ(node->indexes.resident(), 1u);
  EXPECT_EQ(kept->size(), 1u);  // who holds it may go on
  EXPECT_EQ(Found(*node, first, "guitar").size(), 1u);
  node->indexes.Clear();
  EXPECT_EQ(node->indexes.resident_bytes(), 0u);
}

}  // namespace
}  // namespace nexus::memory
