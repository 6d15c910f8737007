#include "memory/remember.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <set>

#include "memory/embedded.h"
#include "memory/memory_fixture.h"

namespace nexus::memory {
namespace {

using postgres::Pool;
using postgres::Statement;
using postgres::ToParameter;
using postgres::Transaction;
using Texts = std::vector<std::string>;

class RememberTest : public MemoryTest {};

constexpr Statement kLockEpisodes{"lock_episodes",
                                  "LOCK TABLE nexus_memory.episodes IN EXCLUSIVE MODE"};
constexpr Statement kKillBlocked{
    "kill_blocked",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE usename = 'nexus_api' AND wait_event_type = 'Lock' AND datname = current_database()"};

// Ends the connection of a writer that waits for the table, and lets the table go.
Task<bool> KillTheBlockedWriter(Pool& admin, Transaction held) {
  asio::steady_timer pause(co_await asio::this_coro::executor);
  bool killed = false;
  for (int attempt = 0; attempt < 1'000 && !killed; ++attempt) {
    pause.expires_after(std::chrono::milliseconds(5));
    co_await pause.async_wait(asio::use_awaitable);
    killed = !(co_await admin.Run(kKillBlocked, {})).empty();
  }
  co_await held.Rollback();
  co_return killed;
}

Task<bool> WriteUnderALock(Pool& admin, Node& node, Uuid brain, Episode episode,
                           std::optional<Result<Acknowledged>>& answer) {
  Transaction held = co_await admin.Begin();
  co_await held.Run(kLockEpisodes, {});
  auto executor = co_await asio::this_coro::executor;
  asio::co_spawn(executor, node.remember.Store(brain, {episode}, false, {}),
                 [&answer](std::exception_ptr, Result<Acknowledged> got) { answer = got; });
  co_return co_await KillTheBlockedWriter(admin, std::move(held));
}

TEST_F(RememberTest, SixteenWritersAreGatheredAndIdsFollowTheirArrival) {
  auto node = NewNode();
  auto relay = PoolAs("nexus_relay");
  const store::Position start = Await(store::Outbox(*relay).Start());
  const Uuid brain = NewBrain("ana");
  std::vector<std::optional<Answer>> answers(size_t{16} * 8);
  for (size_t i = 0; i < answers.size(); ++i) {
    Begin(*node, brain, Text(std::format("memory {}", i), "s"), answers[i]);
  }
  Drain();
  std::vector<Uuid> ids;
  for (auto& answer : answers) ids.push_back(answer->value().items.at(0).id);
  EXPECT_TRUE(std::ranges::is_sorted(ids));
  EXPECT_EQ(Total(*node, brain), 128);

  std::set<std::string> transactions;
  std::vector<std::string> published, arrived;
  for (const auto& event : Await(store::Outbox(*relay).Read(start, 1'000))) {
    transactions.insert(event.xid);
    published.push_back(event.aggregate_id);
  }
  for (const Uuid& id : ids) arrived.push_back(id.ToString());
  EXPECT_EQ(published, arrived);
  EXPECT_LT(transactions.size(), 16u);
  EXPECT_EQ(node->commits, static_cast<int>(transactions.size()));
}

TEST_F(RememberTest, ThePositionIsThePlaceOfTheWriteInTheOutbox) {
  auto node = NewNode();
  auto relay = PoolAs("nexus_relay");
  const store::Position start = Await(store::Outbox(*relay).Start());
  const Uuid brain = NewBrain("ana");
  const Acknowledged answer = Store(*node, brain, Text("uno")).value();
  const auto events = Await(store::Outbox(*relay).Read(start, 10));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(answer.position, std::format("7.1:{}:{}", events[0].xid, events[0].seq));
  const Episode row = Await(node->episodes.Get(brain, {answer.items[0].id})).at(0);
  EXPECT_EQ(row.created_at, answer.items[0].created_at);
}

TEST_F(RememberTest, OneBadRowFailsAlone) {
  auto node = NewNode();
  const Uuid brain = NewBrain("ana");
  std::vector<std::optional<Answer>> answers(5);
  for (size_t i = 0; i < answers.size(); ++i) {
    Episode episode = Text(std::format("memory {}", i));
    if (i == 2) episode.metadata = "[]";
    Begin(*node, brain, std::move(episode), answers[i]);
  }
  Drain();
  for (size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i]->has_value(), i != 2) << i;
  EXPECT_EQ(answers[2]->error().code, ErrorCode::kInvalid);
  EXPECT_EQ(answers[2]->error().field, "/metadata");
  EXPECT_EQ(Total(*node, brain), 4);
}

TEST_F(RememberTest, ABatchIsStoredWholeOrNotAtAll) {
  auto node = NewNode();
  const Uuid brain = NewBrain("ana");
  Episode bad = Text("bad");
  bad.metadata = "1";
  auto refused = Await(node->remember.Store(brain, {Text("good"), bad}, true, {}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "/episodes");
  auto blank = Await(node->remember.Store(brain, {Text("good"), Text("\u00a0\n\u3000")}, true, {}));
  ASSERT_FALSE(blank);
  EXPECT_EQ(blank.error().field, "/episodes/1/content");
  EXPECT_EQ(Total(*node, brain), 0);
  auto stored = Await(node->remember.Store(brain, {Text("one"), Text("two")}, true, {}));
  EXPECT_EQ(stored.value().items.size(), 2u);
}

TEST_F(RememberTest, ABrainThatIsGoneIsNotFound) {
  auto node = NewNode();
  EXPECT_EQ(Store(*node, RandomUuid(), Text("uno")).error().code, ErrorCode::kNotFound);
}

TEST_F(RememberTest, TheSameKeyAndBodyAtOnceIsOneEffectWithOneAnswer) {
  auto node = NewNode(), other_node = NewNode();
  const Uuid brain = NewBrain("ana");
  const IdempotencyKey key{"k", "digest"};
  std::vector<std::optional<Answer>> answers(4);
  for (size_t i = 0; i < answers.size(); ++i) {
    Begin(i % 2 ? *other_node : *node, brain, Text("uno"), answers[i], key);
  }
  Drain();
  int replayed = 0;
  for (auto& answer : answers) {
    ASSERT_TRUE(answer->has_value()) << answer->error().message;
    EXPECT_EQ((*answer)->items.at(0).id, (*answers[0])->items.at(0).id);
    EXPECT_EQ((*answer)->position, (*answers[0])->position);
    replayed += (*answer)->replayed;
  }
  EXPECT_EQ(replayed, 3);
  EXPECT_EQ(Total(*node, brain), 1);
}

TEST_F(RememberTest, AKeyWithAnotherBodyIsRefusedBesideWritesThatAreNot) {
  auto node = NewNode();
  const Uuid brain = NewBrain("ana");
  ASSERT_TRUE(Store(*node, brain, Text("uno"), IdempotencyKey{"k", "digest"}));
  std::vector<std::optional<Answer>> answers(3);
  Begin(*node, brain, Text("dos"), answers[0]);
  Begin(*node, brain, Text("tres"), answers[1], IdempotencyKey{"k", "another"});
  Begin(*node, brain, Text("cuatro"), answers[2], IdempotencyKey{"l", "digest"});
  Drain();
  EXPECT_TRUE(answers[0]->has_value());
  ASSERT_FALSE(answers[1]->has_value());
  EXPECT_EQ(answers[1]->error().code, ErrorCode::kKeyReused);
  EXPECT_TRUE(answers[2]->has_value());
  EXPECT_EQ(Total(*node, brain), 3);
}

TEST_F(RememberTest, AKeyWhoseWriteWasRefusedIsStillFree) {
  auto node = NewNode();
  const Uuid brain = NewBrain("ana");
  Episode bad = Text("uno");
  bad.metadata = "[]";
  EXPECT_FALSE(Store(*node, brain, bad, IdempotencyKey{"k", "digest"}));
  EXPECT_TRUE(Store(*node, brain, Text("uno"), IdempotencyKey{"k", "other digest"}));
}

TEST_F(RememberTest, AConnectionThatDiesMidwayIsUnavailableAndTheNextWriteWorks) {
  auto node = NewNode();
  auto admin = PoolAs("nexus_admin");
  const Uuid brain = NewBrain("ana");
  std::optional<Answer> answer;
  EXPECT_TRUE(Await(WriteUnderALock(*admin, *node, brain, Text("uno"), answer)));
  ASSERT_TRUE(answer && !answer->has_value());
  EXPECT_EQ(answer->error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(Store(*node, brain, Text("dos")));
  EXPECT_EQ(Total(*node, brain), 1);
}

TEST_F(RememberTest, ACallerThatIsGoneHurtsNobodyAndDrainWaitsForItsWrite) {
  auto node = NewNode();
  const Uuid brain = NewBrain("ana");
  asio::cancellation_signal signal;
  bool ended = false;
  asio::co_spawn(
      loop_, node->remember.Store(brain, {Text("uno")}, false, {}),
      asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr failure, const Answer&) {
        EXPECT_TRUE(failure);
        ended = true;
      }));
  asio::post(loop_, [&] { signal.emit(asio::cancellation_type::terminal); });
  loop_.restart();
  while (!ended && loop_.run_one() > 0) continue;
  Await(node->remember.Drain());
  EXPECT_TRUE(ended);
  EXPECT_EQ(Total(*node, brain), 1);
}

TEST_F(RememberTest, WaitingForWorkThatWasGivenUpIsInVain) {
  auto node = NewNode();
  auto embedder = PoolAs("nexus_embedder");
  const Uuid brain = NewBrain("ana"), id = StoreText(*node, brain, "uno"), lease = RandomUuid();
  store::EmbeddingQueue queue(*embedder, space_);
  const Timestamp now = clock_.Now() + std::chrono::seconds(1);
  const auto work = Await(queue.Claim(lease, now, now + std::chrono::seconds(60), 1));
  ASSERT_TRUE(Await(queue.Delay(work.at(0), lease, now, "no luck", true)));
  EXPECT_FALSE(Await(WaitEmbedded(node->vectors, brain, {id}, std::chrono::seconds(60))));
}

TEST_F(RememberTest, WaitingForVectorsDoesNotTurnAStoredWriteIntoAFault) {
  auto nobody = PoolAs("no_such_role");
  store::Vectors unreachable(*nobody, space_);
  EXPECT_FALSE(
      Await(WaitEmbedded(unreachable, NewBrain("ana"), {RandomUuid()}, std::chrono::seconds(60))));
}

TEST_F(RememberTest, WaitingEndsWhenTheVectorsAreThereOrTheTimeIsOver) {
  auto node = NewNode();
  const Uuid brain = NewBrain("ana"), id = StoreText(*node, brain, "uno");
  EXPECT_FALSE(Await(WaitEmbedded(node->vectors, brain, {id}, std::chrono::milliseconds(1))));
  EmbedAll();
  EXPECT_TRUE(Await(WaitEmbedded(node->vectors, brain, {id}, std::chrono::seconds(10))));
}

}  // namespace
}  // namespace nexus::memory
