#include "jobs/embed_worker.h"

#include <latch>
#include <semaphore>

#include "jobs/jobs_fixture.h"

namespace nexus::jobs {
namespace {

constexpr const char* kQueued = "SELECT count(*) FROM nexus_memory.embedding_queue";
constexpr const char* kStates =
    "SELECT string_agg(state || ' ' || attempts, ', ') FROM nexus_memory.embedding_queue";
constexpr const char* kReasons =
    "SELECT string_agg(last_error, ', ') FROM nexus_memory.embedding_queue";
constexpr const char* kLeased =
    "SELECT count(*) FROM nexus_memory.embedding_queue WHERE lease_token IS NOT NULL";

class EmbedWorkerTest : public JobsTest {
 protected:
  void TearDown() override {
    gate_.release(1'000);
    if (worker_) {
      EXPECT_TRUE(Stop(*worker_));
    }
  }

  void Start(EmbedWorkerOptions options = {}) {
    options.poll = std::chrono::milliseconds(5);
    worker_.emplace(loop_.get_executor(), *queue_, model_, *indexes_, moved_clock_, metrics_,
                    options);
    worker_->Start();
  }

  // Many passages.
  void InsertLong() {
    std::string text;
    for (int i = 0; i < 200; ++i) text += "una frase más. ";
    Insert(std::move(text));
  }

  // From now on every run of the model waits for the gate.
  void CloseGate() {
    model_.before_each = [this](std::string_view) {
      ++at_gate_;
      gate_.acquire();
    };
  }

  std::shared_ptr<const recall::BrainIndex> Index() { return Beside(indexes_->Get(brain_)); }

  std::counting_semaphore<> gate_{0};
  std::atomic<int> at_gate_ = 0;
  std::optional<EmbedWorker> worker_;
};

TEST_F(EmbedWorkerTest, RowsOfPlainSqlAreEmbeddedStoredAndInTheResidentIndex) {
  Insert("hola");
  InsertLong();
  const auto index = Index();
  Start();
  EXPECT_TRUE(Until([&] { return Ask(kQueued) == "0"; }));
  EXPECT_TRUE(Until([&] { return index->embedded() == 2; }));
  EXPECT_EQ(Ask("SELECT count(embedding) FROM zep_episodic_memory"), "2");
  EXPECT_EQ(Ask("SELECT count(*) FROM nexus_memory.outbox WHERE type = 'episode.embedded'"), "2");
  EXPECT_EQ(Ask("SELECT max(end_byte) = octet_length(max(content)) AND count(*) > 5"
                " FROM nexus_memory.embeddings_1 JOIN nexus_memory.episodes ON item = episode_id"
                " WHERE content LIKE 'una%'"),
            "t");
  EXPECT_TRUE(MetricsSay("nexus_embedded_total 2"));
}

TEST_F(EmbedWorkerTest, WhatFailsIsTriedAgainLaterAndTheReasonIsKept) {
  model_.before_each = [](std::string_view) { throw std::runtime_error("a broken model"); };
  Insert("hola");
  Start();
  EXPECT_TRUE(Until([&] { return Ask(kReasons) == "a broken model"; }));
  EXPECT_EQ(Ask(kStates), "pending 1");
  EXPECT_EQ(Ask(std::format("SELECT ready_at > '{}' FROM nexus_memory.embedding_queue",
                            FormatTimestamp(moved_clock_.Now()))),
            "t");
  EXPECT_TRUE(MetricsSay("nexus_embedding_retries_total 1"));
  ASSERT_TRUE(Stop(*worker_));
  model_.before_each = nullptr;
  moved_clock_.Advance(std::chrono::minutes(10));
  Start();
  EXPECT_TRUE(Until([&] { return Ask(kQueued) == "0"; }));
}

TEST_F(EmbedWorkerTest, AfterTheLastAttemptItIsFailedWithTheReason) {
  model_.before_each = [](std::string_view) { throw std::runtime_error("a broken model"); };
  Insert("hola");
  EmbedWorkerOptions options;
  options.max_attempts = 2;
  Start(options);
  EXPECT_TRUE(Until([&] { return Ask(kStates) == "pending 1" && Ask(kLeased) == "0"; }));
  moved_clock_.Advance(std::chrono::minutes(10));
  EXPECT_TRUE(Until([&] { return Ask(kStates) == "failed 2"; }));
  EXPECT_EQ(Ask(kReasons), "a broken model");
  EXPECT_TRUE(MetricsSay("nexus_embedding_failures_total 1"));
}

TEST_F(EmbedWorkerTest, WhatCanNeverSucceedFailsAtOnceAndHoldsUpNobody) {
  model_.before_each = [](std::string_view text) {
    if (text.contains("malo")) throw Failure(ErrorCode::kTooLarge, "never");
  };
  for (const char* content : {"uno", "malo", "dos"}) Insert(content);
  Start();
  EXPECT_TRUE(Until([&] { return Ask(kStates) == "failed 1"; }));
  EXPECT_EQ(Ask("SELECT count(embedding) FROM zep_episodic_memory"), "2");
}

TEST_F(EmbedWorkerTest, ATextThatEndedTheProcessEachTimeIsGivenUp) {
  Insert("hola");
  Ask("UPDATE nexus_memory.embedding_queue SET attempts = 8");
  Start();
  EXPECT_TRUE(Until([&] { return Ask(kStates) == "failed 9"; }));
  EXPECT_EQ(model_.runs, 0);
}

// Catches the mutant that counts every failure: a database without space on its disk would make
// `failed` whatever waits.
TEST_F(EmbedWorkerTest, APartThatIsAwayIsNoFaultOfTheText) {
  Insert("hola");
  std::atomic<int> tries = 0;
  std::atomic<bool> away = true;
  model_.before_each = [&](std::string_view) {
    ++tries;
    if (away) throw Failure(ErrorCode::kUnavailable, "the model is away");
  };
  Start();
  ASSERT_TRUE(Until([&] { return tries >= 3; }));
  EXPECT_TRUE(Until([&] { return Ask(kStates) == "pending 1"; }));
  away = false;
  EXPECT_TRUE(Until([&] { return Ask(kQueued) == "0"; }));
  EXPECT_FALSE(MetricsSay("nexus_embedding_retries_total 1"));
}

TEST_F(EmbedWorkerTest, OneWorkerTakesWhatWasTriedOften) {
  for (const char* content : {"uno", "dos"}) Insert(content);
  Ask("UPDATE nexus_memory.embedding_queue SET attempts = 4");
  Insert("tres");
  EmbedWorkerOptions options;
  options.takes_suspects = false;
  Start(options);
  EXPECT_TRUE(Until([&] { return Ask(kQueued) == "2"; }));
  EXPECT_EQ(Ask(kStates), "pending 4, pending 4");
  ASSERT_TRUE(Stop(*worker_));
  CloseGate();
  Start();
  ASSERT_TRUE(Until([&] { return at_gate_ == 1; }));
  EXPECT_EQ(Ask(kLeased), "1");
  EXPECT_EQ(Ask("SELECT sum(attempts) FROM nexus_memory.embedding_queue"), "9");
  gate_.release(2);
  EXPECT_TRUE(Until([&] { return Ask(kQueued) == "0"; }));
}

TEST_F(EmbedWorkerTest, ALostLeaseStoresNothing) {
  Insert("hola");
  const auto index = Index();
  CloseGate();
  Start();
  ASSERT_TRUE(Until([&] { return at_gate_ == 1; }));
  Ask("UPDATE nexus_memory.embedding_queue SET lease_token = gen_random_uuid()");
  gate_.release();
  ASSERT_TRUE(Stop(*worker_));
  EXPECT_EQ(Ask(kStates), "pending 1");
  EXPECT_EQ(Ask("SELECT count(*) FROM nexus_memory.embeddings_1"), "0");
  EXPECT_EQ(index->embedded(), 0u);
  EXPECT_FALSE(MetricsSay("nexus_embedded_total 1"));
}

// Catches the mutant that extends nothing: another worker would take the text.
TEST_F(EmbedWorkerTest, TheLeaseIsExtendedWhileALongTextIsEmbedded) {
  InsertLong();
  CloseGate();
  EmbedWorkerOptions options;
  options.lease = std::chrono::seconds(60);
  Start(options);
  for (int passage = 1; passage <= 4; ++passage) {
    ASSERT_TRUE(Until([&] { return at_gate_ == passage; }));
    EXPECT_TRUE(
        Beside(queue_->Claim(RandomUuid(), moved_clock_.Now(), moved_clock_.Now(), 1)).empty());
    moved_clock_.Advance(std::chrono::seconds(30));
    gate_.release();
  }
  EXPECT_EQ(Ask(kStates), "pending 1");
  gate_.release(1'000);
  EXPECT_TRUE(Until([&] { return Ask(kQueued) == "0"; }));
}

TEST_F(EmbedWorkerTest, StopFinishesThePassageAndHandsTheEpisodeBackUncounted) {
  InsertLong();
  CloseGate();
  Start();
  ASSERT_TRUE(Until([&] { return at_gate_ == 1; }));
  EXPECT_EQ(Ask(kLeased), "1");
  bool stopped = false;
  asio::co_spawn(loop_, worker_->Stop(), [&](std::exception_ptr) { stopped = true; });
  EXPECT_TRUE(Until([&] { return worker_->stopping(); }));
  gate_.release();
  ASSERT_TRUE(Until([&] { return stopped; }));
  EXPECT_EQ(at_gate_, 1);
  EXPECT_EQ(Ask(kStates), "pending 0");
  EXPECT_EQ(Ask(kLeased), "0");
}

// Catches the mutant that claims more than it works on.
TEST_F(EmbedWorkerTest, BehindALongTextAnotherWorkerServesWhoComes) {
  InsertLong();
  Insert("corto");
  model_.before_each = [this](std::string_view text) {
    if (!text.contains("frase")) return;
    ++at_gate_;
    gate_.acquire();
  };
  Start();
  ASSERT_TRUE(Until([&] { return at_gate_ == 1; }));
  EmbedWorker other(loop_.get_executor(), *queue_, model_, *indexes_, moved_clock_, metrics_, {});
  other.Start();
  EXPECT_TRUE(Until([&] { return Ask(kQueued) == "1"; }));
  EXPECT_TRUE(Stop(other));
  EXPECT_EQ(Ask(kStates), "pending 1");
}

TEST_F(EmbedWorkerTest, AnEpisodeThatIsDeletedMeanwhileLeavesNothing) {
  Insert("hola");
  CloseGate();
  Start();
  ASSERT_TRUE(Until([&] { return at_gate_ == 1; }));
  DeleteAll();
  gate_.release();
  ASSERT_TRUE(Stop(*worker_));
  EXPECT_EQ(Ask("SELECT count(*) FROM nexus_memory.embeddings_1"), "0");
  EXPECT_EQ(Ask(kQueued), "0");
}

}  // namespace
}  // namespace nexus::jobs
