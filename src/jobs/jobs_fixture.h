// A migrated database, a fake model and resident indexes, with a loop that services run on. Only
// for *_pgtest.cc files.
#pragma once

#include <atomic>

#include "base/service.h"
#include "embed/fake_embedder.h"
#include "memory/spaces.h"
#include "store/database_fixture.h"

namespace nexus::jobs {

// Stands still, a minute ahead of the database, until it is moved on by hand.
class MovedClock final : public Clock {
 public:
  Timestamp Now() const override { return now_; }
  void Advance(std::chrono::microseconds step) { now_ = now_.load() + step; }

 private:
  std::atomic<Timestamp> now_ = SystemClock().Now() + std::chrono::minutes(1);
};

class JobsTest : public store::DatabaseTest {
 protected:
  void SetUp() override {
    Migrated();
    brain_ = NewBrain("ana");
    administrator_ = PoolAs("nexus_admin");
    api_ = PoolAs("nexus_api");
    embedder_pool_ = PoolAs("nexus_embedder");
    sql_ = PoolAs("nexus_sql");
    episodes_.emplace(*api_);
    vectors_.emplace(*api_, space_);
    queue_.emplace(*embedder_pool_, space_);
    spaces_.emplace(memory::SpaceParts{*api_, *episodes_, compute_, metrics_, {}});
    const auto dimension = static_cast<int64_t>(model_.info().dimension);
    indexes_ = &spaces_->Admit({.id = space_, .dimension = dimension}, nullptr)->indexes();
    spaces_->Activate(space_);
  }

  // Awaits the task while services run on the same loop.
  template <typename T>
  T Beside(Task<T> task) {
    std::optional<T> value;
    std::exception_ptr failure;
    asio::co_spawn(loop_, std::move(task), [&](std::exception_ptr error, T result) {
      failure = error;
      value.emplace(std::move(result));
    });
    while (!value) Turn();
    if (failure) std::rethrow_exception(failure);
    return std::move(*value);
  }

  void Beside(Task<> task) {
    bool done = false;
    std::exception_ptr failure;
    asio::co_spawn(loop_, std::move(task), [&](std::exception_ptr error) {
      failure = error;
      done = true;
    });
    while (!done) Turn();
    if (failure) std::rethrow_exception(failure);
  }

  void Turn() {
    loop_.restart();
    loop_.run_one_for(std::chrono::milliseconds(20));
  }

  // False if it does not come to hold within twenty seconds.
  template <typename Condition>
  bool Until(Condition holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      Turn();
    }
    return true;
  }

  bool Stop(Service& service) {
    bool stopped = false;
    asio::co_spawn(loop_, service.Stop(), [&](std::exception_ptr) { stopped = true; });
    return Until([&] { return stopped; });
  }

  // The first column of the first row, as text; empty if there is none.
  std::string Ask(std::string sql) {
    const std::string name = std::format("asked {:x}", std::hash<std::string>()(sql));
    postgres::Rows rows = Beside(administrator_->Run({name.c_str(), sql.c_str()}, {}));
    return rows.empty() || rows[0].IsNull(0) ? "" : std::string(rows[0].Text(0));
  }

  static Task<> RunSql(postgres::Pool& pool, Uuid brain, postgres::Statement statement,
                       std::vector<postgres::Parameter> parameters) {
    postgres::Transaction transaction = co_await pool.BeginAs(brain);
    co_await transaction.Run(statement, std::move(parameters));
    co_await transaction.Commit();
  }

  // As people and older programs write: through the old view, as the documented role.
  void Insert(std::string content) {
    constexpr postgres::Statement insert{"plain insert",
                                         "INSERT INTO zep_episodic_memory (content) VALUES ($1)"};
    Beside(RunSql(*sql_, brain_, insert, {std::move(content)}));
  }

  void DeleteAll() {
    constexpr postgres::Statement remove{"plain delete", "DELETE FROM zep_episodic_memory"};
    Beside(RunSql(*sql_, brain_, remove, {}));
  }

  // Metrics, one line each: "nexus_embedded_total 2".
  bool MetricsSay(const std::string& line) {
    return ("\n" + metrics_.Text()).find("\n" + line + "\n") != std::string::npos;
  }

  MovedClock moved_clock_;
  Metrics metrics_;
  embed::FakeEmbedder model_{64};
  ComputePool compute_{1, 0};
  Uuid brain_;
  std::unique_ptr<postgres::Pool> administrator_, api_, embedder_pool_, sql_;
  std::optional<store::Episodes> episodes_;
  std::optional<store::Vectors> vectors_;
  std::optional<store::EmbeddingQueue> queue_;
  std::optional<memory::Spaces> spaces_;
  memory::Indexes* indexes_ = nullptr;  // of the active space
};

}  // namespace nexus::jobs
