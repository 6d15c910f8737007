// Row-level security is enough by itself: every statement that takes a brain is run with the id of
// a foreign brain, as if no check stood in the code, and neither sees nor changes a row of it.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "queries.h"
#include "store/database_fixture.h"
#include "store/idempotency.h"

namespace nexus::store {
namespace {

using postgres::Parameter;
using postgres::Pool;
using postgres::Rows;
using postgres::Statement;
using postgres::ToParameter;
using postgres::Transaction;

struct Attempt {
  Statement statement;
  const char* role;
  std::vector<Parameter> parameters;
  bool tells = true;  // its result shows whether it reached a row
};

struct Reached {
  bool refused = false;  // by the policy of a table
  bool row = false;      // returned one, or changed one
};

Reached Judge(const Rows& rows) {
  const std::string_view command = rows.command();
  if (!command.starts_with("SELECT")) return {false, !command.ends_with(" 0")};
  for (size_t row = 0; row < rows.size(); ++row) {
    for (int column = 0; column < rows.columns(); ++column) {
      const auto cell = rows[row].OptionalText(column);
      if (cell && !cell->empty() && *cell != "0") return {false, true};
    }
  }
  return {};
}

Task<Reached> Try(Pool& pool, Uuid as, Statement statement, std::vector<Parameter> parameters,
                  bool commit) {
  Transaction transaction = co_await pool.BeginAs(as);
  Reached reached;
  try {
    reached = Judge(co_await transaction.Run(statement, std::move(parameters)));
  } catch (const postgres::QueryError& error) {
    if (error.sqlstate() != "42501") throw;
    reached.refused = true;
  }
  if (commit && !reached.refused) {
    co_await transaction.Commit();
  } else {
    co_await transaction.Rollback();
  }
  co_return reached;
}

class IsolationTest : public DatabaseTest {
 protected:
  void SetUp() override {
    Migrated();
    mine_ = NewBrain("mine");
    theirs_ = NewBrain("theirs");
    auto api = PoolAs("nexus_api"), embedder = PoolAs("nexus_embedder");
    std::vector<Episode> episodes = {NewEpisode("uno", "s"), NewEpisode("dos", "s"),
                                     NewEpisode("tres", "s")};
    Await(InsertAll(*api, theirs_, episodes));
    for (const Episode& episode : episodes) ids_text_.push_back(episode.id.ToString());
    for (const Episode& episode : episodes) Await(Revise(*api, episode));
    const Timestamp now = clock_.Now() + std::chrono::seconds(1);
    const Uuid lease = RandomUuid();
    EmbeddingQueue queue(*embedder, space_);
    auto work = Await(queue.Claim(lease, now, now + std::chrono::seconds(30), 2));
    embedded_ = work[0].item;
    StoredVector vector{embedded_, 0, 0, 3, 1, work[0].generation, {1, 0, 0}};
    EXPECT_TRUE(Await(queue.Finish(work[0], lease, {vector})));
    EXPECT_TRUE(Await(queue.Drop(work[1], lease)));
    Await(ClaimKey(*api));
  }

  Task<> Revise(Pool& api, Episode episode) {
    Transaction transaction = co_await api.BeginAs(theirs_);
    episode = co_await Episodes::Update(transaction, theirs_, std::move(episode));
    EXPECT_EQ(episode.version, 2);
    co_await transaction.Commit();
  }

  Task<> ClaimKey(Pool& api) {
    Transaction transaction = co_await api.BeginAs(theirs_);
    co_await IdempotencyKeys::Claim(transaction, {KeyOwner::Kind::kBrain, theirs_}, {"k"},
                                    {"digest"}, kNow);
    co_await transaction.Commit();
  }

  Statement OfSpace(const Statement& pattern) {
    of_space_.push_back(std::make_unique<SpaceStatement>(pattern, space_));
    return of_space_.back()->get();
  }

  std::vector<Attempt> Attempts() {
    const Parameter theirs = ToParameter(theirs_), space = ToParameter(space_),
                    item = ToParameter(embedded_), ids = postgres::TextArray(ids_text_), none,
                    many = "100", fresh = "{" + ids_.Next().ToString() + "}",
                    now = ToParameter(kNow);
    const Parameter last = "ffffffff-ffff-7fff-bfff-ffffffffffff";
    const Parameter times = "{\"" + *now + "\"}";
    return {
        {sql::kInsertEpisodes,
         "nexus_api",
         {theirs, fresh, "{x}", times, "{0.5}", "{[]}", "{NULL}", "{NULL}", "{NULL}", "{\"{}\"}",
          times}},
        {sql::kGetEpisodes, "nexus_api", {theirs, ids}},
        {sql::kGetEpisodes, "nexus_embedder", {theirs, ids}},
        {sql::kListEpisodes,
         "nexus_api",
         {theirs, none, many, many, none, none, none, none, none, none, none, none, none, none}},
        {sql::kScanEpisodes, "nexus_api", {theirs, none, many}},
        {sql::kScanPast, "nexus_api", {theirs, "9999-01-01Z", none, none, many}},
        {sql::kDeleteEpisode, "nexus_api", {theirs, item}},
        {sql::kLockEpisode, "nexus_api", {theirs, item}},
        {sql::kUpdateEpisode,
         "nexus_api",
         {theirs, item, "x", now, "0.5", "[]", none, none, none, "{}", none, none}},
        {sql::kGetEpisodeVersion, "nexus_api", {theirs, item, "1"}},
        {sql::kListRevisions, "nexus_api", {theirs, item, none, many}},
        {sql::kGetContext, "nexus_embedder", {theirs, "s", now, last}},
        {sql::kCountEpisodes, "nexus_api", {theirs}},
        {sql::kClaimBrainsKeys, "nexus_api", {theirs, "{new}", "{digest}", now}},
        {sql::kKeepBrainsResponses, "nexus_api", {theirs, "{k}", "{\"{}\"}"}},
        {sql::kFindBrainsKey, "nexus_api", {theirs, "k"}},
        {OfSpace(sql::kDeleteVectors), "nexus_embedder", {theirs, item}},
        {OfSpace(sql::kInsertVectors),
         "nexus_embedder",
         {theirs, last, "1", "1", "{0}", "{0}", "{1}", "{\"[1,0,0]\"}"}},
        {OfSpace(sql::kScanVectors), "nexus_api", {theirs, none, none, many}},
        {OfSpace(sql::kGetVectors), "nexus_api", {theirs, ids}},
        {OfSpace(sql::kCountCoverage), "nexus_api", {theirs}},
        {OfSpace(sql::kQueueMissing), "nexus_owner", {theirs}, false},
        {sql::kAreQueued, "nexus_api", {theirs, space, ids}},
        {sql::kAnnounceEmbedded, "nexus_embedder", {theirs, item, "1", "1", space}},
        {sql::kSampleEpisodes, "nexus_api", {theirs, many}},
        {sql::kReadOutbox, "nexus_api", {"0", "-1", many}},
        {sql::kReadBrainsOutbox, "nexus_api", {theirs, "0", "-1", many}},
    };
  }

  // Of every row of the foreign brain, wherever it is.
  std::string Fingerprint() {
    auto backup = PoolAs("nexus_backup");
    std::string all;
    for (std::string table :
         {std::string("episodes"), std::string("episode_revisions"),
          std::string("idempotency_keys"), std::string("outbox"), std::string("embedding_queue"),
          std::format("embeddings_{}", space_)}) {
      const std::string text = std::format(
          "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) "
          "FROM nexus_memory.{} t WHERE brain_id = $1",
          table);
      Rows rows =
          Await(backup->Run(Statement{table.c_str(), text.c_str()}, {ToParameter(theirs_)}));
      EXPECT_NE(rows[0].Integer(0), 0) << table;
      all += std::format("{} {} {}\n", table, rows[0].Integer(0), rows[0].Text(1));
    }
    return all;
  }

  Uuid mine_, theirs_, embedded_;
  std::vector<std::string> ids_text_;
  std::vector<std::unique_ptr<SpaceStatement>> of_space_;
};

TEST_F(IsolationTest, AForeignBrainsRowsAreNeitherSeenNorChanged) {
  const std::string before = Fingerprint();
  for (const Attempt& attempt : Attempts()) {
    auto pool = PoolAs(attempt.role);
    const Reached reached = Await(Try(*pool, mine_, attempt.statement, attempt.parameters, true));
    EXPECT_FALSE(reached.row) << attempt.role << " " << attempt.statement.name;
    EXPECT_EQ(Fingerprint(), before) << attempt.role << " " << attempt.statement.name;
  }
}

// The counterpart: the same attempts do reach the rows when the brain is theirs.
TEST_F(IsolationTest, ForTheBrainItselfTheSameStatementsReachItsRows) {
  for (const Attempt& attempt : Attempts()) {
    auto pool = PoolAs(attempt.role);
    const Reached reached =
        Await(Try(*pool, theirs_, attempt.statement, attempt.parameters, false));
    EXPECT_FALSE(reached.refused) << attempt.role << " " << attempt.statement.name;
    EXPECT_TRUE(reached.row || !attempt.tells) << attempt.role << " " << attempt.statement.name;
  }
}

std::string Snake(std::string_view name) {
  std::string snake;
  for (char c : name) {
    if (std::isupper(static_cast<unsigned char>(c)) && !snake.empty()) snake += '_';
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return snake;
}

TEST_F(IsolationTest, NoStatementThatTakesABrainIsLeftOut) {
  // The directory has no row-level security; the worker's role sees the queue of every brain.
  std::set<std::string> known = {"delete_brain", "finish_work", "delay_work", "extend_lease",
                                 "return_work"};
  for (const Attempt& attempt : Attempts()) {
    std::string name = attempt.statement.name;
    const std::string suffix = std::format("_{}", space_);
    if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
    known.insert(name);
  }
  size_t seen = 0;
  const auto folder = std::filesystem::path(NEXUS_SOURCE_DIR) / "src/store/sql";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path());
    std::string name;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("-- name: ")) name = Snake(line.substr(9));
      if (!line.starts_with("-- $1 brain")) continue;
      ++seen;
      EXPECT_TRUE(known.contains(name)) << name << " takes a brain: add it to Attempts()";
    }
  }
  EXPECT_GT(seen, 15u);
}

}  // namespace
}  // namespace nexus::store
