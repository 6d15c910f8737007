#include "memory/snapshots.h"

#include <sys/stat.h>

#include <fstream>

#include "base/bytes.h"
#include "memory/memory_fixture.h"

namespace nexus::memory {
namespace {

using postgres::Statement;
using Texts = std::vector<std::string>;

// One life of a server that keeps snapshots: what it leaves is what the next one finds.
struct Life {
  Life(std::unique_ptr<postgres::Pool> api, std::unique_ptr<postgres::Pool> of_relay,
       std::unique_ptr<postgres::Pool> of_brains, store::Position start, int64_t space,
       const Clock& clock, Snapshots::Options options)
      : relay(std::move(of_relay)),
        brains(std::move(of_brains)),
        outbox(*relay),
        brains_outbox(*brains),
        position(std::move(start)),
        folder(options.folder),
        snapshots({outbox, brains_outbox, position, compute, metrics, clock}, std::move(options)),
        node(std::move(api), space, clock,
             {.dimension = 3, .artefact = {}, .snapshots = &snapshots}) {}

  double Loads(const char* from) {
    return node.metrics.counter("nexus_index_loads_total", "Indexes loaded.", {{"from", from}})
        .Value();
  }

  std::unique_ptr<postgres::Pool> relay, brains;
  store::Outbox outbox;
  store::BrainsOutbox brains_outbox;
  FeedPosition position;
  Metrics metrics;
  ComputePool compute{1, 0};
  SnapshotFolder folder;
  Snapshots snapshots;
  Node node;
};

class SnapshotsTest : public MemoryTest {
 protected:
  void SetUp() override {
    MemoryTest::SetUp();
    folder_ = std::filesystem::temp_directory_path() / ("nexus-" + RandomToken(6));
    options_.folder = folder_;
    options_.max_bytes = 1 << 30;
    options_.program = "test";
    options_.policy.least_episodes = 1;
    brain_ = NewBrain("ana");
    for (const char* text : {"the first guitar", "the second guitar", "the third guitar"}) {
      Await(InsertAll(text));
    }
    EmbedAll();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Task<> InsertAll(std::string text) {
    auto api = PoolAs("nexus_api");
    Episode episode = NewEpisode(std::move(text), "s");
    ids_of_.push_back(episode.id);
    co_await store::InsertAll(*api, brain_, {episode});
  }

  store::Space Row() const {
    return {.id = space_,
            .artefact_sha256 = artefact_,
            .dimension = 3,
            .state = store::SpaceState::kActive};
  }

  // As after a start; the folder must not be in use.
  std::unique_ptr<Life> Begin() {
    auto relay = PoolAs("nexus_relay");
    auto start = Await(store::Outbox(*relay).Start());
    auto life = std::make_unique<Life>(PoolAs("nexus_api"), std::move(relay), PoolAs("nexus_api"),
                                       std::move(start), space_, clock_, options_);
    Await(life->snapshots.Open({Row()}));
    return life;
  }

  // Everything that others did.
  void Feed(Life& life) {
    auto events = Await(life.outbox.Read(life.position.reached(), 1'000));
    if (events.empty()) return;
    store::Position next{life.position.reached().epoch, events.back().xid, events.back().seq};
    Await(life.node.spaces.Apply(std::move(events)));
    life.position.Set(std::move(next));
  }

  // A life that leaves a snapshot behind.
  void LeaveSnapshot() {
    auto life = Begin();
    Await(life->node.indexes.Get(brain_));
    Feed(*life);
    Await(life->node.spaces.SaveLast(std::chrono::steady_clock::now() + std::chrono::hours(1)));
    ASSERT_EQ(Files(), 1u);
  }

  size_t Files() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      count += entry.path().filename() != "lock" ? 1 : 0;
    }
    return count;
  }

  std::filesystem::path FilePath() const { return folder_ / SnapshotName({space_, brain_}); }

  void RunAs(std::string_view role, std::string sql) {
    const std::string name = std::format("s{}", ++statements_);
    auto pool = PoolAs(role);
    Await(pool->Run({name.c_str(), sql.c_str()}, {}));
  }

  Task<> RunInBrain(std::string sql) {
    auto pool = PoolAs("nexus_sql");
    postgres::Transaction transaction = co_await pool->BeginAs(brain_);
    co_await transaction.Run({"plain", sql.c_str()}, {});
    co_await transaction.Commit();
  }
  void RunAsSql(std::string sql) { Await(RunInBrain(std::move(sql))); }

  void Erase(Uuid id) {
    auto api = PoolAs("nexus_api");
    EXPECT_TRUE(Await(store::DeleteEpisode(*api, brain_, id)));
  }

  Task<> ReviseIn(Uuid id, std::string text) {
    auto api = PoolAs("nexus_api");
    postgres::Transaction transaction = co_await api->BeginAs(brain_);
    auto episode = co_await store::Episodes::Lock(transaction, brain_, id);
    episode->content = std::move(text);
    co_await store::Episodes::Update(transaction, brain_, std::move(*episode));
    co_await transaction.Commit();
  }

  // Answers as an index that was loaded from the rows.
  void ExpectLikeRows(Life& life) {
    auto rows = NewNode();
    auto one = Await(life.node.indexes.Get(brain_)), other = Await(rows->indexes.Get(brain_));
    EXPECT_EQ(one->size(), other->size());
    EXPECT_EQ(one->embedded(), other->embedded());
    for (auto mode : {recall::Mode::kHybrid, recall::Mode::kWords, recall::Mode::kVectors}) {
      const recall::Question question{
          text::QuestionTerms("third guitar or harp"), {1, 0, 0}, mode, 10};
      const auto a = one->Search(question), b = other->Search(question);
      ASSERT_EQ(a.size(), b.size());
      for (size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].id, b[i].id);
        EXPECT_NEAR(a[i].score, b[i].score, 1e-6);
      }
    }
  }

  // The file is there and of no use: the next life loads rows, and has removed it.
  void ExpectLoadFromRows() {
    auto life = Begin();
    ExpectLikeRows(*life);
    EXPECT_EQ(life->Loads("snapshot"), 0);
    EXPECT_EQ(life->Loads("rows"), 1);
    EXPECT_EQ(Files(), 0u);
  }

  std::filesystem::path folder_;
  Snapshots::Options options_;
  std::string artefact_;
  Uuid brain_;
  std::vector<Uuid> ids_of_;
  int statements_ = 0;
};

TEST_F(SnapshotsTest, ARestartLoadsTheSnapshotAndAnswersAsTheRowsDo) {
  LeaveSnapshot();
  auto life = Begin();
  ExpectLikeRows(*life);
  EXPECT_EQ(life->Loads("snapshot"), 1);
  EXPECT_EQ(life->Loads("rows"), 0);
  EXPECT_EQ(Found(life->node, brain_, "third").size(), 1u);
}

// Mutant SNAPSHOT_WITHOUT_POSITION (memory/snapshots.cc) believes the file as it is; the black box
// runs it.
TEST_F(SnapshotsTest, WhatWasWrittenRevisedInvalidatedAndEmbeddedMeanwhileIsCaughtUpWith) {
  LeaveSnapshot();
  Await(InsertAll("a harp in the hall"));
  Await(ReviseIn(ids_of_[0], "no longer a string instrument"));
  const std::string invalidate =
      std::format("UPDATE nexus_memory.episodes SET invalidated_at = now() WHERE episode_id = '{}'",
                  ids_of_[1].ToString());
  RunAsSql(invalidate);
  EmbedAll();
  auto life = Begin();
  ExpectLikeRows(*life);
  EXPECT_EQ(life->Loads("snapshot"), 1);
  EXPECT_EQ(Found(life->node, brain_, "harp"), Texts{"a harp in the hall"});
  // The harp borrows the word from the guitar before it.
  EXPECT_EQ(Found(life->node, brain_, "guitar"), (Texts{"the third guitar", "a harp in the hall"}));
}

TEST_F(SnapshotsTest, WhatMayHoldAnEpisodeThatWasDeletedMeanwhileIsGoneAtTheStart) {
  LeaveSnapshot();
  Erase(ids_of_[0]);
  auto life = Begin();
  EXPECT_EQ(Files(), 0u);
  ExpectLikeRows(*life);
}

TEST_F(SnapshotsTest, AnErasureOnThisNodeRemovesTheFileBeforeItIsAnswered) {
  LeaveSnapshot();
  auto life = Begin();
  Await(life->node.spaces.ForgetSnapshots(brain_));
  EXPECT_EQ(Files(), 0u);
  EXPECT_FALSE(life->snapshots.Has({space_, brain_}));
}

TEST_F(SnapshotsTest, AnErasureElsewhereRemovesTheFileWhenTheFeedTellsOfIt) {
  LeaveSnapshot();
  auto life = Begin();
  Await(InsertAll("a harp"));
  Feed(*life);
  EXPECT_EQ(Files(), 1u);
  Erase(ids_of_[0]);
  Feed(*life);
  EXPECT_EQ(Files(), 0u);
}

TEST_F(SnapshotsTest, AFileWrittenAfterAnErasureStaysWhenTheFeedTellsOfIt) {
  auto life = Begin();
  Await(life->node.indexes.Get(brain_));
  Erase(ids_of_[0]);
  Feed(*life);
  Await(life->node.spaces.SaveLast(std::chrono::steady_clock::now() + std::chrono::hours(1)));
  EXPECT_EQ(Files(), 1u);
  std::vector<store::OutboxEvent> told(1);
  told[0] = {.xid = life->position.reached().xid,
             .seq = life->position.reached().seq,
             .brain = brain_,
             .aggregate_id = ids_of_[0].ToString(),
             .type = "episode.deleted"};
  Await(life->node.spaces.Apply(told));
  EXPECT_EQ(Files(), 1u);
}

TEST_F(SnapshotsTest, WhatWasEmptiedAtOneStrokeIsNotAnsweredFromTheSnapshot) {
  LeaveSnapshot();
  RunAs("nexus_admin", "TRUNCATE nexus_memory.episodes CASCADE");
  ExpectLoadFromRows();
}

TEST_F(SnapshotsTest, AnotherModelsSnapshotIsDiscarded) {
  LeaveSnapshot();
  artefact_ = "another";
  ExpectLoadFromRows();
}

TEST_F(SnapshotsTest, AnotherProgramsSnapshotIsDiscarded) {
  LeaveSnapshot();
  options_.program = "another";
  ExpectLoadFromRows();
}

TEST_F(SnapshotsTest, ARetiredSpacesSnapshotIsDiscarded) {
  LeaveSnapshot();
  auto life = Begin();
  store::Space row = Row();
  row.state = store::SpaceState::kRetired;
  Await(life->snapshots.Open({row}));
  EXPECT_EQ(Files(), 0u);
}

TEST_F(SnapshotsTest, WhatTheOutboxNoLongerReachesBackToIsDiscarded) {
  LeaveSnapshot();
  Await(InsertAll("a harp in the hall"));
  RunAs("nexus_admin",
        "DELETE FROM nexus_memory.outbox WHERE (xid, seq) < "
        "(SELECT xid, seq FROM nexus_memory.outbox ORDER BY xid DESC LIMIT 1)");
  SnapshotHeader header = SnapshotReader(FilePath()).header();
  header.read_at -= store::kOutboxKeeps;
  MoveSnapshot(FilePath(), header);
  ExpectLoadFromRows();
}

TEST_F(SnapshotsTest, ASnapshotOfAnotherHistoryIsDiscarded) {
  LeaveSnapshot();
  SnapshotHeader header = SnapshotReader(FilePath()).header();
  header.position.xid = "999999999";
  MoveSnapshot(FilePath(), header);
  ExpectLoadFromRows();
}

TEST_F(SnapshotsTest, WhenTooMuchHasHappenedSinceItIsDiscarded) {
  LeaveSnapshot();
  RunAsSql(
      std::format("INSERT INTO nexus_memory.episodes (content) SELECT 'harp ' || i "
                  "FROM generate_series(1, {}) i",
                  Snapshots::kLeastCatchUp + 1));
  ExpectLoadFromRows();
}

TEST_F(SnapshotsTest, ADamagedFileIsDiscardedAlsoIfThatIsSeenOnlyWhenItIsRead) {
  LeaveSnapshot();
  std::fstream file(FilePath(), std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(-40, std::ios::end);
  file.put('x');
  file.close();
  ExpectLoadFromRows();
}

TEST_F(SnapshotsTest, WhatIsNoWholeFileIsGoneAfterTheStart) {
  LeaveSnapshot();
  std::filesystem::resize_file(FilePath(), 100);
  std::ofstream(folder_ / (SnapshotName({space_, brain_}) + ".part")) << "half";
  Begin();
  EXPECT_EQ(Files(), 0u);
}

TEST_F(SnapshotsTest, WhatIsPutAndRemovedWhileTheSnapshotIsReadCounts) {
  LeaveSnapshot();
  auto life = Begin();
  Node& node = life->node;
  std::shared_ptr<const recall::BrainIndex> index;
  asio::co_spawn(loop_, node.indexes.Get(brain_), [&](std::exception_ptr failure, auto got) {
    if (failure) std::rethrow_exception(failure);
    index = got;
  });
  Episode harp = NewEpisode("a harp", "s"), gone = NewEpisode("a harpsichord", "s");
  for (const Episode& episode : {harp, gone}) {
    asio::co_spawn(loop_, node.indexes.Put(brain_, {episode}), asio::detached);
  }
  asio::post(loop_, [&] {
    node.indexes.Remove(brain_, gone.id);
    node.indexes.Remove(brain_, ids_of_[0]);
  });
  Drain();
  EXPECT_EQ(life->Loads("snapshot"), 1);
  EXPECT_EQ(index->size(), 3u);  // of three, one less and one more
  const recall::Question question{text::QuestionTerms("harp"), {}, recall::Mode::kWords, 10};
  ASSERT_EQ(index->Search(question).size(), 1u);
  EXPECT_EQ(index->Search(question)[0].id, harp.id);
}

TEST_F(SnapshotsTest, TheFilesLeastRecentlyUsedGoBeyondTheirBytes) {
  auto life = Begin();
  const Uuid other = NewBrain("other");
  StoreText(life->node, other, "a harp");
  Await(life->node.indexes.Get(brain_));
  Await(life->node.indexes.Get(other));
  Feed(*life);
  Await(life->node.spaces.SaveLast(std::chrono::steady_clock::now() + std::chrono::hours(1)));
  EXPECT_EQ(Files(), 2u);
  life.reset();
  options_.max_bytes = 2 * kSnapshotHeaderBytes - 1;
  life = Begin();
  EXPECT_EQ(Files(), 1u);
}

TEST_F(SnapshotsTest, WhatIsTooLargeIsNotWritten) {
  options_.max_bytes = 1;
  auto life = Begin();
  Await(life->node.indexes.Get(brain_));
  Await(life->node.spaces.SaveLast(std::chrono::steady_clock::now() + std::chrono::hours(1)));
  EXPECT_EQ(Files(), 0u);
}

TEST_F(SnapshotsTest, AFolderIsForOneProcessAndForItsOwnerAlone) {
  auto life = Begin();
  EXPECT_THROW(SnapshotFolder second(folder_), Failure);
  life.reset();
  ::chmod(folder_.c_str(), 0755);
  EXPECT_THROW(SnapshotFolder open(folder_), Failure);
}

}  // namespace
}  // namespace nexus::memory
