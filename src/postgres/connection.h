// One libpq connection on the loop. Used by Pool; nothing else needs it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/task.h"
#include "postgres/rows.h"
#include "postgres/statement.h"

struct pg_conn;

namespace nexus::postgres {

enum class ResultFormat { kText, kBinary };

// Loop thread only. After ConnectionLost it is good for nothing but destruction.
class Connection {
 public:
  // Throws ConnectionLost when the server is away or too slow.
  static Task<std::unique_ptr<Connection>> Open(asio::any_io_executor executor,
                                                std::string conninfo,
                                                std::chrono::milliseconds timeout);
  ~Connection();
  Connection(const Connection&) = delete;

  // One prepared statement. Throws QueryError or ConnectionLost.
  Task<Rows> Run(Statement statement, std::vector<Parameter> parameters, ResultFormat format,
                 std::chrono::milliseconds timeout);
  // Several statements without parameters in one round trip; the last one's rows. With `commits`
  // a loss of the connection leaves the outcome unknown.
  Task<Rows> RunScript(std::string sql, std::chrono::milliseconds timeout, bool commits = false);

  // False if the server has closed the connection, as far as is known without asking it.
  bool Alive();

 private:
  explicit Connection(asio::any_io_executor executor);
  Task<> FinishConnecting(std::chrono::steady_clock::time_point deadline);
  Task<Rows> Collect(std::chrono::steady_clock::time_point deadline, bool commits);
  Task<> WaitFor(bool writable, std::chrono::steady_clock::time_point deadline, bool commits);
  void FollowSocket();
  void Require(bool sent, bool commits) const;

  pg_conn* connection_ = nullptr;
  asio::posix::stream_descriptor socket_;
  std::unordered_set<std::string> prepared_;
};

}  // namespace nexus::postgres
