#include "postgres/pool.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

namespace nexus::postgres {

// Lives in the frame of the coroutine that waits; the timer is cancelled to wake it.
struct Pool::Waiter {
  Waiter(asio::any_io_executor executor, std::chrono::milliseconds timeout)
      : timer(executor, timeout) {}
  asio::steady_timer timer;
  bool woken = false;
  std::unique_ptr<Connection> connection;  // null when woken: it may open one
};

Pool::Pool(asio::any_io_executor executor, PoolOptions options)
    : executor_(executor), options_(std::move(options)) {}
Pool::~Pool() = default;

Task<std::unique_ptr<Connection>> Pool::Acquire() {
  while (!idle_.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->Alive()) co_return connection;
    --open_;
  }
  if (open_ < options_.max_connections) {
    ++open_;
  } else if (auto handed_over = co_await WaitInLine()) {
    co_return handed_over;
  }
  try {
    co_return co_await Connection::Open(executor_, options_.conninfo, options_.connect_timeout);
  } catch (...) {
    FreePlace();
    throw;
  }
}

// What is given back goes to the one who waits longest and not through idle_, where a newcomer
// could take it first.
Task<std::unique_ptr<Connection>> Pool::WaitInLine() {
  Waiter waiter(executor_, options_.acquire_timeout);
  waiters_.push_back(&waiter);
  co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!waiter.woken) {
    std::erase(waiters_, &waiter);
    throw Failure(ErrorCode::kUnavailable,
                  std::format("all {} connections to PostgreSQL were busy for {} ms",
                              options_.max_connections, options_.acquire_timeout.count()),
                  "try again");
  }
  co_return std::move(waiter.connection);
}

bool Pool::HandOver(std::unique_ptr<Connection>& connection) {
  if (waiters_.empty()) return false;
  Waiter* next = waiters_.front();
  waiters_.pop_front();
  next->woken = true;
  next->connection = std::move(connection);
  next->timer.cancel();
  return true;
}

void Pool::GiveBack(std::unique_ptr<Connection> connection) {
  if (!HandOver(connection)) idle_.push_back(std::move(connection));
}

void Pool::FreePlace() {
  std::unique_ptr<Connection> none;
  if (!HandOver(none)) --open_;
}

void Pool::Discard(std::unique_ptr<Connection> connection) {
  connection.reset();
  FreePlace();
}

Task<Transaction> Pool::BeginWith(std::string script) {
  Transaction transaction(*this, co_await Acquire());
  co_await transaction.connection_->RunScript(std::move(script), options_.statement_timeout);
  co_return transaction;
}

Task<Transaction> Pool::Begin() { return BeginWith("BEGIN"); }

Task<Transaction> Pool::BeginAs(Uuid brain) {
  return BeginWith("BEGIN; SET LOCAL nexus.brain = '" + brain.ToString() + "'");
}

Task<Rows> Pool::Run(Statement statement, std::vector<Parameter> parameters, ResultFormat format) {
  // Held as a transaction so that a failure of any kind gives the connection up.
  Transaction holder(*this, co_await Acquire());
  Rows rows = co_await holder.Run(statement, std::move(parameters), format);
  GiveBack(std::move(holder.connection_));
  co_return rows;
}

Transaction::~Transaction() {
  if (connection_) pool_->Discard(std::move(connection_));
}

Task<Rows> Transaction::Run(Statement statement, std::vector<Parameter> parameters,
                            ResultFormat format) {
  return connection_->Run(statement, std::move(parameters), format,
                          pool_->options_.statement_timeout);
}

Task<> Transaction::RunScript(std::string sql) {
  co_await connection_->RunScript(std::move(sql), pool_->options_.statement_timeout);
}

Task<> Transaction::Commit() {
  Rows answer = co_await connection_->RunScript("COMMIT", pool_->options_.statement_timeout, true);
  if (answer.command() !=
      "COMMIT") {  // PostgreSQL answers ROLLBACK to the COMMIT of an aborted transaction
    throw Failure(ErrorCode::kInternal, "the transaction was aborted and could not be committed");
  }
  pool_->GiveBack(std::move(connection_));
}

Task<> Transaction::Rollback() {
  co_await connection_->RunScript("ROLLBACK", pool_->options_.statement_timeout);
  pool_->GiveBack(std::move(connection_));
}

}  // namespace nexus::postgres
