#include "postgres/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancel_after.hpp>

#include "postgres/error.h"

namespace nexus::postgres {

using std::chrono::steady_clock;

namespace {

std::string Trimmed(const char* message) {
  std::string text = message ? message : "";
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string Field(const PGresult* result, int code) {
  const char* value = PQresultErrorField(result, code);
  return value ? value : "";
}

bool Succeeded(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

}  // namespace

Connection::Connection(asio::any_io_executor executor) : socket_(executor) {}

Connection::~Connection() {
  if (socket_.is_open()) socket_.release();  // libpq closes it
  PQfinish(connection_);
}

Task<std::unique_ptr<Connection>> Connection::Open(asio::any_io_executor executor,
                                                   std::string conninfo,
                                                   std::chrono::milliseconds timeout) {
  std::unique_ptr<Connection> made(new Connection(executor));
  made->connection_ = PQconnectStart(conninfo.c_str());
  co_await made->FinishConnecting(steady_clock::now() + timeout);
  co_return made;
}

Task<> Connection::FinishConnecting(steady_clock::time_point deadline) {
  Require(connection_ != nullptr && PQstatus(connection_) != CONNECTION_BAD, false);
  for (PostgresPollingStatusType next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;
       next = PQconnectPoll(connection_)) {
    Require(next != PGRES_POLLING_FAILED, false);
    FollowSocket();
    co_await WaitFor(next == PGRES_POLLING_WRITING, deadline, false);
  }
  FollowSocket();
  PQsetnonblocking(connection_, 1);
  PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);
  co_await RunScript(
      "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET client_encoding = 'UTF8'",
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now()));
}

// libpq may change the socket while it connects (several hosts), and the new one may have the
// number of the old one: so it is registered anew at each step.
void Connection::FollowSocket() {
  const int current = PQsocket(connection_);
  if (socket_.is_open()) socket_.release();
  if (current >= 0) socket_.assign(current);
}

void Connection::Require(bool sent, bool commits) const {
  if (sent) return;
  throw ConnectionLost("PostgreSQL: " + Trimmed(PQerrorMessage(connection_)), commits);
}

Task<> Connection::WaitFor(bool writable, steady_clock::time_point deadline, bool commits) {
  const auto left = deadline - steady_clock::now();
  if (left <= steady_clock::duration::zero())
    throw ConnectionLost("PostgreSQL did not answer in time", commits);
  const auto kind =
      writable ? asio::posix::descriptor_base::wait_write : asio::posix::descriptor_base::wait_read;
  auto [error] = co_await socket_.async_wait(
      kind, asio::cancel_after(left, asio::as_tuple(asio::use_awaitable)));
  if (error) throw ConnectionLost("PostgreSQL did not answer in time", commits);
}

Task<Rows> Connection::Run(Statement statement, std::vector<Parameter> parameters,
                           ResultFormat format, std::chrono::milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  if (!prepared_.contains(statement.name)) {
    Require(PQsendPrepare(connection_, statement.name, statement.sql, 0, nullptr), false);
    co_await Collect(deadline, false);
    prepared_.insert(statement.name);
  }
  std::vector<const char*> values;
  for (const Parameter& parameter : parameters)
    values.push_back(parameter ? parameter->c_str() : nullptr);
  Require(PQsendQueryPrepared(connection_, statement.name, static_cast<int>(values.size()),
                              values.data(), nullptr, nullptr, format == ResultFormat::kBinary),
          false);
  co_return co_await Collect(deadline, false);
}

Task<Rows> Connection::RunScript(std::string sql, std::chrono::milliseconds timeout, bool commits) {
  Require(PQsendQuery(connection_, sql.c_str()), commits);
  co_return co_await Collect(steady_clock::now() + timeout, commits);
}

// Sends what is buffered and takes every result; the last good one is the answer, the first bad
// one is thrown after the connection is at rest again.
Task<Rows> Connection::Collect(steady_clock::time_point deadline, bool commits) {
  for (int pending = PQflush(connection_); pending != 0; pending = PQflush(connection_)) {
    Require(pending > 0, commits);
    co_await WaitFor(true, deadline, commits);
    Require(PQconsumeInput(connection_), commits);
  }
  Rows answer;
  std::optional<QueryError> refused;
  while (true) {
    while (PQisBusy(connection_)) {
      co_await WaitFor(false, deadline, commits);
      Require(PQconsumeInput(connection_), commits);
    }
    PGresult* result = PQgetResult(connection_);
    if (result == nullptr) break;
    if (!Succeeded(result) && !refused) {
      refused.emplace(Field(result, PG_DIAG_SQLSTATE), Field(result, PG_DIAG_CONSTRAINT_NAME),
                      Trimmed(PQresultErrorMessage(result)));
    }
    answer = Rows(result);
  }
  Require(PQstatus(connection_) == CONNECTION_OK, commits);
  if (refused) throw QueryError(*refused);
  co_return answer;
}

// An idle connection has nothing to say: what can be read is the end, or the reason of the end.
bool Connection::Alive() {
  if (PQstatus(connection_) != CONNECTION_OK) return false;
  pollfd readable{PQsocket(connection_), POLLIN, 0};
  return poll(&readable, 1, 0) == 0;
}

}  // namespace nexus::postgres
