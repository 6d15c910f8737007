// Connections for the coroutines of the loop.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/task.h"
#include "base/uuid.h"
#include "postgres/connection.h"
#include "postgres/error.h"
#include "postgres/rows.h"
#include "postgres/statement.h"

namespace nexus::postgres {

struct PoolOptions {
  std::string conninfo;
  size_t max_connections = 8;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds acquire_timeout{10'000};  // waiting for a free connection
  std::chrono::milliseconds statement_timeout{
      60'000};  // one statement; then the connection is closed
};

class Pool;

// BEGIN has been sent. Destroyed without Commit or Rollback it closes its connection, which rolls
// back. Must not outlive its pool. Loop thread only.
class Transaction {
 public:
  Transaction(Transaction&&) noexcept = default;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Task<Rows> Run(Statement statement, std::vector<Parameter> parameters,
                 ResultFormat format = ResultFormat::kText);
  // Several statements without parameters: migrations.
  Task<> RunScript(std::string sql);
  // ConnectionLost::outcome_unknown says that it may have happened all the same.
  Task<> Commit();
  Task<> Rollback();

 private:
  friend class Pool;
  Transaction(Pool& pool, std::unique_ptr<Connection> connection)
      : pool_(&pool), connection_(std::move(connection)) {}

  Pool* pool_;
  std::unique_ptr<Connection> connection_;  // null once finished
};

// At most max_connections, opened when needed; who comes when all are busy waits in line, and
// throws Failure(kUnavailable) after acquire_timeout. A connection that the server closed while
// it lay idle is replaced unseen. Loop thread only.
class Pool {
 public:
  Pool(asio::any_io_executor executor, PoolOptions options);
  ~Pool();

  Task<Transaction> Begin();
  // With `nexus.brain` set for row-level security, in the same round trip.
  Task<Transaction> BeginAs(Uuid brain);
  // One statement that commits by itself.
  Task<Rows> Run(Statement statement, std::vector<Parameter> parameters,
                 ResultFormat format = ResultFormat::kText);

  size_t open_connections() const { return open_; }

 private:
  friend class Transaction;
  struct Waiter;

  Task<std::unique_ptr<Connection>> Acquire();
  Task<Transaction> BeginWith(std::string script);
  void GiveBack(std::unique_ptr<Connection> connection);
  void Discard(std::unique_ptr<Connection> connection);
  Task<std::unique_ptr<Connection>> WaitInLine();
  // To the first in line, if there is one; null is the right to open one in its stead.
  bool HandOver(std::unique_ptr<Connection>& connection);
  void FreePlace();

  asio::any_io_executor executor_;
  PoolOptions options_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::deque<Waiter*> waiters_;
  size_t open_ = 0;  // idle, lent and being opened
};

}  // namespace nexus::postgres
