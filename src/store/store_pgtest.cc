// The driver and the store on a real PostgreSQL.
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "queries.h"
#include "store/database_fixture.h"
#include "store/idempotency.h"

namespace nexus::store {
namespace {

using postgres::Pool;
using postgres::Rows;
using postgres::ToParameter;
using postgres::Transaction;

constexpr postgres::Statement kOne{"one", "SELECT 1"};
constexpr postgres::Statement kDivide{"divide", "SELECT 1 / $1::int"};
constexpr postgres::Statement kBackend{"backend", "SELECT pg_backend_pid()"};
constexpr postgres::Statement kKill{"kill", "SELECT pg_terminate_backend($1::int, 5000)"};

class StoreTest : public DatabaseTest {};

Task<std::vector<std::string>> ClaimOnce(Pool& api, Uuid brain, std::string key) {
  Transaction transaction = co_await api.BeginAs(brain);
  auto fresh = co_await IdempotencyKeys::Claim(transaction, {KeyOwner::Kind::kBrain, brain}, {key},
                                               {"digest"}, kNow);
  co_await IdempotencyKeys::Keep(transaction, {KeyOwner::Kind::kBrain, brain}, {key},
                                 {R"({"id":"x"})"});
  co_await transaction.Commit();
  co_return fresh;
}

Task<std::optional<IdempotencyRecord>> FindKept(Pool& api, Uuid brain, std::string key) {
  Transaction transaction = co_await api.BeginAs(brain);
  auto record =
      co_await IdempotencyKeys::Find(transaction, {KeyOwner::Kind::kBrain, brain}, std::move(key));
  co_await transaction.Commit();
  co_return record;
}

Task<> InsertApiKey(Pool& api, ApiKey key, std::string digest) {
  Transaction transaction = co_await api.Begin();
  co_await Brains::InsertKey(transaction, std::move(key), std::move(digest));
  co_await transaction.Commit();
}

Task<bool> RevokeApiKey(Pool& api, Uuid key) {
  Transaction transaction = co_await api.Begin();
  const bool revoked = co_await Brains::RevokeKey(transaction, key, kNow, std::nullopt);
  co_await transaction.Commit();
  co_return revoked;
}

Task<> FailThenCommit(Pool& pool) {
  Transaction transaction = co_await pool.Begin();
  try {
    co_await transaction.Run(kDivide, {ToParameter(int64_t{0})});
  } catch (const postgres::QueryError&) {
  }
  co_await transaction.Commit();
}

Task<> Abandon(Pool& api, Uuid brain, Episode episode) {
  Transaction transaction = co_await api.BeginAs(brain);
  co_await Episodes::Insert(transaction, brain, std::span(&episode, 1));
}

Task<> HoldAndAskForAnother(Pool& pool) {
  Transaction held = co_await pool.Begin();
  co_await pool.Run(kOne, {});
}

Task<> Note(Pool& pool, int times, char name, std::string& order) {
  for (int i = 0; i < times; ++i) {
    co_await pool.Run(kOne, {});
    order += name;
  }
}

constexpr postgres::Statement kBlocked{
    "blocked",
    "SELECT pid FROM pg_stat_activity WHERE usename = 'nexus_api' AND wait_event_type = 'Lock' "
    "AND datname = current_database()"};

// True once somebody waits for a lock.
Task<bool> WaitUntilBlocked(Pool& admin) {
  asio::steady_timer pause(co_await asio::this_coro::executor);
  bool awaited = false;
  for (int attempt = 0; attempt < 1'000 && !awaited; ++attempt) {
    pause.expires_after(std::chrono::milliseconds(5));
    co_await pause.async_wait(asio::use_awaitable);
    awaited = !(co_await admin.Run(kBlocked, {})).empty();
  }
  co_return awaited;
}

// What EmbeddingQueue::Finish does, up to its COMMIT.
Task<Transaction> StoreVectorsOf(Pool& embedder, int64_t space, Work work, Uuid lease) {
  Transaction transaction = co_await embedder.BeginAs(work.brain);
  co_await transaction.Run(sql::kFinishWork,
                           {ToParameter(work.brain), ToParameter(space), ToParameter(work.item),
                            ToParameter(lease), ToParameter(work.generation)});
  const SpaceStatement insert(sql::kInsertVectors, space);
  co_await transaction.Run(insert.get(),
                           {ToParameter(work.brain), ToParameter(work.item), "1",
                            ToParameter(work.generation), "{0}", "{0}", "{3}", "{\"[1,0,0]\"}"});
  co_return transaction;
}

Task<bool> StoreVectorsBesideADelete(Pool& embedder, Pool& admin, Pool& api, int64_t space,
                                     Work work, Uuid lease, bool& deleted) {
  Transaction storing = co_await StoreVectorsOf(embedder, space, work, lease);
  asio::co_spawn(co_await asio::this_coro::executor, DeleteEpisode(api, work.brain, work.item),
                 [&deleted](std::exception_ptr, bool done) { deleted = done; });
  const bool awaited = co_await WaitUntilBlocked(admin);
  co_await storing.Commit();
  co_return awaited;
}

constexpr postgres::Statement kTakeTurn{
    "take_turn", "SELECT nexus_memory.lock_sessions(ARRAY[$1::uuid], ARRAY['s'])"};

// The insert has its session's turn and renews what is being deleted.
Task<bool> InsertBesideADelete(Pool& api, Pool& admin, Uuid brain, Uuid doomed,
                               std::vector<Episode> before_it, bool& deleted) {
  Transaction inserting = co_await api.BeginAs(brain);
  co_await inserting.Run(kTakeTurn, {ToParameter(brain)});
  asio::co_spawn(co_await asio::this_coro::executor, DeleteEpisode(api, brain, doomed),
                 [&deleted](std::exception_ptr, bool done) { deleted = done; });
  const bool awaited = co_await WaitUntilBlocked(admin);
  co_await Episodes::Insert(inserting, brain, before_it);
  co_await inserting.Commit();
  co_return awaited;
}

TEST_F(StoreTest, WhoWaitsLongestGetsTheConnection) {
  auto pool = PoolAs("nexus_admin", 1);
  std::string order;
  asio::co_spawn(loop_, Note(*pool, 3, 'a', order), asio::detached);
  asio::co_spawn(loop_, Note(*pool, 1, 'b', order), asio::detached);
  Drain();
  EXPECT_EQ(order, "abaa");
}

TEST_F(StoreTest, ARefusedStatementNamesItsStateAndThePoolGoesOn) {
  auto pool = PoolAs("nexus_admin", 1);
  try {
    Await(pool->Run(kDivide, {ToParameter(int64_t{0})}));
    FAIL() << "divided by zero";
  } catch (const postgres::QueryError& error) {
    EXPECT_EQ(error.sqlstate(), "22012");
  }
  EXPECT_EQ(Await(pool->Run(kDivide, {ToParameter(int64_t{1})}))[0].Integer(0), 1);
}

TEST_F(StoreTest, CommitOfAnAbortedTransactionIsNoSuccess) {
  auto pool = PoolAs("nexus_admin");
  EXPECT_THROW(Await(FailThenCommit(*pool)), Failure);
}

TEST_F(StoreTest, AConnectionThatDiedIdleIsReplacedUnseen) {
  auto pool = PoolAs("nexus_admin", 1), killer = PoolAs("nexus_admin", 1);
  const int64_t first = Await(pool->Run(kBackend, {}))[0].Integer(0);
  Await(killer->Run(kKill, {ToParameter(first)}));
  EXPECT_NE(Await(pool->Run(kBackend, {}))[0].Integer(0), first);
}

TEST_F(StoreTest, WhoWaitsTooLongForAConnectionIsToldSo) {
  auto pool = PoolAs("nexus_admin", 1, std::chrono::milliseconds(50));
  try {
    Await(HoldAndAskForAnother(*pool));
    FAIL() << "got a second connection out of one";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kUnavailable);
  }
}

TEST_F(StoreTest, AServerThatIsNotThereIsUnavailable) {
  postgres::PoolOptions options;
  options.conninfo = "host=/nonexistent user=nobody";
  Pool pool(loop_.get_executor(), options);
  EXPECT_THROW(Await(pool.Run(kOne, {})), postgres::ConnectionLost);
}

TEST_F(StoreTest, TwoServersThatStartTogetherMigrateOnce) {
  auto administrator = PoolAs("nexus_admin");
  Await(PrepareRoles(*administrator));
  auto one = PoolAs("nexus_owner"), other = PoolAs("nexus_owner");
  std::vector<MigrationReport> reports;
  for (Pool* pool : {one.get(), other.get()}) {
    asio::co_spawn(loop_, Migrate(*pool), [&](std::exception_ptr failure, MigrationReport report) {
      ASSERT_FALSE(failure);
      reports.push_back(report);
    });
  }
  Drain();
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].from_version + reports[1].from_version, reports[0].to_version);
}

TEST_F(StoreTest, ASchemaThatLacksAColumnIsRefusedByName) {
  Migrated();
  auto owner = PoolAs("nexus_owner");
  Await(CheckSchema(*owner));
  constexpr postgres::Statement drop{"drop",
                                     "ALTER TABLE nexus_memory.outbox DROP COLUMN traceparent"};
  Await(owner->Run(drop, {}));
  try {
    Await(CheckSchema(*owner));
    FAIL() << "served a mangled schema";
  } catch (const Failure& failure) {
    EXPECT_NE(failure.error().message.find("outbox.traceparent"), std::string::npos);
  }
}

TEST_F(StoreTest, AnEditedMigrationIsRefused) {
  Migrated();
  auto owner = PoolAs("nexus_owner");
  constexpr postgres::Statement edit{"edit",
                                     "UPDATE nexus_memory.schema_migrations SET sha256 = 'x'"};
  Await(owner->Run(edit, {}));
  EXPECT_THROW(Await(Migrate(*owner)), Failure);
}

TEST_F(StoreTest, EpisodesComeBackAsTheyWere) {
  Migrated();
  auto api = PoolAs("nexus_api");
  const Uuid brain = NewBrain("ana");
  Episode episode = NewEpisode("\"Sí\", dijo \\ {él}, y NULL\n日本", "s-1");
  episode.tags = {"a,b", "\"q\"", "ñ"};
  episode.speaker = "Ana";
  episode.metadata = R"({"k": [1, 2.5, "x"]})";
  episode.importance_score = 0.1;
  Await(InsertAll(*api, brain, {episode, NewEpisode("NULL")}));
  Episode read = Await(Episodes(*api).Get(brain, {episode.id})).at(0);
  EXPECT_EQ(read.content, episode.content);
  EXPECT_EQ(read.tags, episode.tags);
  EXPECT_EQ(read.speaker, episode.speaker);
  EXPECT_EQ(read.project_id, std::nullopt);
  EXPECT_EQ(read.metadata, episode.metadata);
  EXPECT_EQ(read.importance_score, 0.1);
  EXPECT_EQ(read.occurred_at, kNow);
  auto listed = Await(Episodes(*api).List(brain, {}, std::nullopt, 10, 1 << 20));
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].content, "NULL");  // newest arrival first
  EXPECT_EQ(Await(Episodes(*api).List(brain, {}, std::nullopt, 10, 5)).size(), 2u);
  EXPECT_EQ(Await(Episodes(*api).List(brain, {}, std::nullopt, 10, 4)).size(), 1u);
}

TEST_F(StoreTest, AnAbandonedTransactionLeavesNothing) {
  Migrated();
  auto api = PoolAs("nexus_api");
  const Uuid brain = NewBrain("ana");
  Await(Abandon(*api, brain, NewEpisode("never happened")));
  EXPECT_EQ(Await(Episodes(*api).Count(brain, space_)).total, 0);
}

TEST_F(StoreTest, AnIdempotencyKeyIsFreshOnceAndKeepsItsAnswer) {
  Migrated();
  auto api = PoolAs("nexus_api");
  const Uuid brain = NewBrain("ana");
  EXPECT_EQ(Await(ClaimOnce(*api, brain, "k")).size(), 1u);
  EXPECT_EQ(Await(ClaimOnce(*api, brain, "k")).size(), 0u);
  auto record = Await(FindKept(*api, brain, "k"));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->request_sha256, "digest");
  EXPECT_EQ(record->response, R"({"id": "x"})");
}

TEST_F(StoreTest, AKeyThatIsRevokedOrExpiredOpensNothing) {
  Migrated();
  auto api = PoolAs("nexus_api");
  Brains brains(*api);
  ApiKey key{ids_.Next(),
             std::nullopt,
             "laptop",
             "nx_ab",
             {"read", "write"},
             kNow,
             kNow + std::chrono::hours(1)};
  Await(InsertApiKey(*api, key, "digest"));
  ASSERT_TRUE(Await(brains.FindKey("digest", kNow)));
  EXPECT_EQ(Await(brains.FindKey("digest", kNow))->scopes, key.scopes);
  EXPECT_FALSE(Await(brains.FindKey("digest", kNow + std::chrono::hours(1))));
  EXPECT_TRUE(Await(RevokeApiKey(*api, key.id)));
  EXPECT_FALSE(Await(brains.FindKey("digest", kNow)));
}

TEST_F(StoreTest, WorkIsClaimedOnceAndItsVectorsComeBackExactlyAndAreCounted) {
  Migrated();
  auto api = PoolAs("nexus_api"), embedder = PoolAs("nexus_embedder");
  const Uuid brain = NewBrain("ana"), lease = RandomUuid();
  Episode first = NewEpisode("uno", "s"), second = NewEpisode("dos", "s");
  Await(InsertAll(*api, brain, {first, second}));
  EmbeddingQueue queue(*embedder, space_);
  const Timestamp now = clock_.Now() + std::chrono::seconds(1),
                  until = now + std::chrono::seconds(30);
  auto work = Await(queue.Claim(lease, now, until, 10));
  ASSERT_EQ(work.size(), 2u);
  EXPECT_TRUE(Await(queue.Claim(RandomUuid(), now, until, 10)).empty());
  auto input = Await(queue.Read(work[1]));
  ASSERT_TRUE(input);
  ASSERT_EQ(input->before.size(), work[1].item == second.id ? 1u : 0u);

  StoredVector vector{work[0].item, 0, 0, 3, 1, work[0].generation, {0.1f, -2.5e-8f, 1}};
  EXPECT_TRUE(Await(queue.Finish(work[0], lease, {vector})));
  auto stored = Await(Vectors(*api, space_).Get(brain, {work[0].item}));
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_EQ(stored[0].values, vector.values);
  EXPECT_EQ(stored[0].generation, work[0].generation);
  auto counts = Await(Episodes(*api).Count(brain, space_));
  EXPECT_EQ(counts.embedded, 1);
  EXPECT_EQ(counts.pending, 1);

  auto administrator = PoolAs("nexus_admin");
  constexpr postgres::Statement lose{"lose", "DELETE FROM nexus_memory.embeddings_1"};
  Await(administrator->Run(lose, {}));
  EXPECT_EQ(Await(Episodes(*api).Count(brain, space_)).embedded, 0);
}

TEST_F(StoreTest, ALostLeaseStoresNothing) {
  Migrated();
  auto api = PoolAs("nexus_api"), embedder = PoolAs("nexus_embedder");
  const Uuid brain = NewBrain("ana"), slow = RandomUuid(), quick = RandomUuid();
  Await(InsertAll(*api, brain, {NewEpisode("uno")}));
  EmbeddingQueue queue(*embedder, space_);
  const Timestamp now = clock_.Now() + std::chrono::seconds(1),
                  until = now + std::chrono::seconds(30);
  Work work = Await(queue.Claim(slow, now, until, 1)).at(0);
  ASSERT_EQ(Await(queue.Claim(quick, until, until + std::chrono::seconds(30), 1)).size(), 1u);
  StoredVector vector{work.item, 0, 0, 3, 1, work.generation, {1, 0, 0}};
  EXPECT_FALSE(Await(queue.Finish(work, slow, {vector})));
  EXPECT_FALSE(Await(queue.Delay(work, slow, until, "too late", true)));
  EXPECT_TRUE(Await(Vectors(*api, space_).Get(brain, {work.item})).empty());
}

// Catches the mutant that deletes the vectors before the queued work (episodes_deleted).
TEST_F(StoreTest, ADeleteThatMeetsAWorkerStoringVectorsLeavesNone) {
  Migrated();
  auto api = PoolAs("nexus_api"), embedder = PoolAs("nexus_embedder"),
       admin = PoolAs("nexus_admin");
  const Uuid brain = NewBrain("ana"), lease = RandomUuid();
  Await(InsertAll(*api, brain, {NewEpisode("uno")}));
  const Timestamp now = clock_.Now() + std::chrono::seconds(1);
  EmbeddingQueue queue(*embedder, space_);
  Work work = Await(queue.Claim(lease, now, now + std::chrono::seconds(30), 1)).at(0);
  Episodes episodes(*api);
  bool deleted = false;
  EXPECT_TRUE(
      Await(StoreVectorsBesideADelete(*embedder, *admin, *api, space_, work, lease, deleted)));
  EXPECT_TRUE(deleted);
  EXPECT_TRUE(Await(Vectors(*api, space_).Get(brain, {work.item})).empty());
}

// Catches the mutant that takes the session's turn after the queue (episodes_deleted).
TEST_F(StoreTest, ADeleteAndAnInsertOfOneSessionDoNotWaitForEachOther) {
  Migrated();
  auto api = PoolAs("nexus_api"), admin = PoolAs("nexus_admin");
  const Uuid brain = NewBrain("ana");
  Episode doomed = NewEpisode("dos", "s"), before_it = NewEpisode("uno", "s");
  before_it.occurred_at -= std::chrono::hours(1);
  Await(InsertAll(*api, brain, {doomed}));
  Episodes episodes(*api);
  bool deleted = false;
  EXPECT_TRUE(Await(InsertBesideADelete(*api, *admin, brain, doomed.id, {before_it}, deleted)));
  EXPECT_TRUE(deleted);
  EXPECT_EQ(Await(episodes.Count(brain, space_)).total, 1);
}

TEST_F(StoreTest, AReaderOfTheOutboxSeesEveryCommitInOrder) {
  Migrated();
  auto api = PoolAs("nexus_api"), relay = PoolAs("nexus_relay");
  Outbox outbox(*relay);
  Position position = Await(outbox.Start());
  const Uuid brain = NewBrain("ana");
  Episode first = NewEpisode("uno"), second = NewEpisode("dos");
  Await(InsertAll(*api, brain, {first}));
  Await(InsertAll(*api, brain, {second}));
  EXPECT_TRUE(Await(DeleteEpisode(*api, brain, first.id)));
  std::vector<std::string> seen;
  for (const OutboxEvent& event : Await(outbox.Read(position, 100))) {
    seen.push_back(event.type + " " + event.aggregate_id);
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"episode.created " + first.id.ToString(),
                                            "episode.created " + second.id.ToString(),
                                            "episode.deleted " + first.id.ToString()}));
}

TEST_F(StoreTest, AnotherBrainsRowsAreInvisibleAlsoToTheQueriesThatNameIt) {
  Migrated();
  auto api = PoolAs("nexus_api");
  const Uuid mine = NewBrain("mine"), theirs = NewBrain("theirs");
  Episode secret = NewEpisode("secret");
  Await(InsertAll(*api, theirs, {secret}));
  EXPECT_TRUE(Await(Episodes(*api).Get(mine, {secret.id})).empty());
  EXPECT_FALSE(Await(DeleteEpisode(*api, mine, secret.id)));
  EXPECT_EQ(Await(Episodes(*api).Count(theirs, space_)).total, 1);
}

}  // namespace
}  // namespace nexus::store
