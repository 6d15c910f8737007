// One connection to Redis (RESP2). Used by Supervisor, which replaces it when it is lost.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/task.h"
#include "redis/address.h"
#include "redis/reply.h"

namespace nexus::redis {

// Loop thread only. Commands wait their turn: one is in flight at a time, in the order of calls.
// After any Failure the connection is closed and good for nothing but destruction.
class Connection {
 public:
  // Connects, authenticates, selects the database. Throws Failure(kUnavailable) if that fails or
  // takes longer than `timeout`.
  static Task<std::shared_ptr<Connection>> Open(asio::any_io_executor executor, Address address,
                                                std::chrono::milliseconds timeout);
  ~Connection();
  Connection(const Connection&) = delete;

  // Redis's own errors are replies (ReplyError). Throws Failure: kTimeout if the answer did not
  // come in time, kUnavailable if the connection broke; whether the command took effect is then
  // unknown.
  Task<Reply> Run(std::vector<std::string> command, std::chrono::milliseconds timeout);

  bool open() const;
  void Close();  // what is running fails with kUnavailable

 private:
  class State;
  explicit Connection(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  // shared with the commands that are running
};

}  // namespace nexus::redis
