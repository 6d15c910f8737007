// A test on a real PostgreSQL. tests/schema starts it, makes an empty database per test and says
// where in NEXUS_TEST_CONNINFO (host and database, no user). Only for *_pgtest.cc files.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>

#include "store/brains.h"
#include "store/embeddings.h"
#include "store/episodes.h"
#include "store/outbox.h"
#include "store/schema.h"
#include "store/spaces.h"

namespace nexus::store {

inline const Timestamp kNow = *ParseTimestamp("2026-11-24T12:00:00Z");

inline embed::ModelInfo ToyModel() {
  embed::ModelInfo model;
  model.name = "toy";
  model.artefact_sha256 = "ab12";
  model.dimension = 3;
  model.max_tokens = 16;
  model.query_prefix = "query: ";
  model.passage_prefix = "passage: ";
  model.pooling = "mean";
  return model;
}

class DatabaseTest : public testing::Test {
 protected:
  std::unique_ptr<postgres::Pool> PoolAs(
      std::string_view role, size_t connections = 4,
      std::chrono::milliseconds acquire_timeout = std::chrono::seconds(10)) {
    postgres::PoolOptions options;
    options.conninfo = std::format("{} user={}", std::getenv("NEXUS_TEST_CONNINFO"), role);
    options.max_connections = connections;
    options.acquire_timeout = acquire_timeout;
    return std::make_unique<postgres::Pool>(loop_.get_executor(), options);
  }

  template <typename T>
  T Await(Task<T> task) {
    std::optional<T> value;
    std::exception_ptr failure;
    asio::co_spawn(loop_, std::move(task), [&](std::exception_ptr error, T result) {
      failure = error;
      value.emplace(std::move(result));
    });
    Drain();
    if (failure) std::rethrow_exception(failure);
    return std::move(*value);
  }

  void Await(Task<> task) {
    std::exception_ptr failure;
    asio::co_spawn(loop_, std::move(task), [&](std::exception_ptr error) { failure = error; });
    Drain();
    if (failure) std::rethrow_exception(failure);
  }

  static Task<bool> InsertBrain(postgres::Pool& api, Brain brain) {
    postgres::Transaction transaction = co_await api.Begin();
    const bool inserted = co_await Brains::Insert(transaction, std::move(brain));
    co_await transaction.Commit();
    co_return inserted;
  }

  void Drain() {
    loop_.restart();
    loop_.run();
  }

  void Migrated() {
    auto administrator = PoolAs("nexus_admin");
    auto owner = PoolAs("nexus_owner");
    Await(PrepareRoles(*administrator));
    Await(Migrate(*owner));
    space_ = NewSpace(ToyModel()).id;
  }

  Space NewSpace(embed::ModelInfo model) {
    auto owner = PoolAs("nexus_owner"), embedder = PoolAs("nexus_embedder"),
         keeper = PoolAs("nexus_keeper");
    Spaces spaces(*owner, *embedder, *keeper);
    return Await(spaces.Create(std::move(model), "models/toy")).value();
  }

  Uuid NewBrain(std::string name) {
    auto api = PoolAs("nexus_api");
    Brain brain{ids_.Next(), std::move(name), kNow};
    EXPECT_TRUE(Await(InsertBrain(*api, brain)));
    return brain.id;
  }

  Episode NewEpisode(std::string content, std::optional<std::string> session = {}) {
    Episode episode;
    episode.id = ids_.Next();
    episode.content = std::move(content);
    episode.occurred_at = episode.created_at = kNow;
    episode.session_id = std::move(session);
    return episode;
  }

  asio::io_context loop_;
  SystemClock clock_;
  UuidGenerator ids_{clock_};
  int64_t space_ = 0;
};

inline Task<> InsertAll(postgres::Pool& api, Uuid brain, std::vector<Episode> episodes) {
  postgres::Transaction transaction = co_await api.BeginAs(brain);
  co_await Episodes::Insert(transaction, brain, episodes);
  co_await transaction.Commit();
}

inline Task<bool> DeleteEpisode(postgres::Pool& api, Uuid brain, Uuid id) {
  postgres::Transaction transaction = co_await api.BeginAs(brain);
  const bool deleted = co_await Episodes::Delete(transaction, brain, id);
  co_await transaction.Commit();
  co_return deleted;
}

}  // namespace nexus::store
