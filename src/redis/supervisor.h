// Keeps a connection to Redis for as long as the process lives, and knows whether it works. The
// reconnecting is our own: it is tested against a Redis that is killed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/task.h"
#include "redis/address.h"
#include "redis/reply.h"

namespace nexus::redis {

struct SupervisorOptions {
  Address address;
  std::chrono::milliseconds ping_interval{1'000};
  std::chrono::milliseconds timeout{2'000};  // for connecting and for a PING
  std::chrono::milliseconds min_backoff{50};
  std::chrono::milliseconds max_backoff{2'000};
};

// A service. Loop thread only. Stop() before destruction.
class Supervisor {
 public:
  Supervisor(asio::any_io_executor executor, SupervisorOptions options);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;

  // Connects in the background and goes on until Stop; a Redis that is away at first is no error.
  void Start();
  Task<> Stop();

  // The last PING was answered and the connection has not failed since.
  bool healthy() const;
  // Why it is not healthy; empty while it is.
  std::string last_error() const;
  // How often a connection was made; it grows when Redis was away, so what was cached about it
  // may be gone.
  uint64_t generation() const;

  // Throws Failure(kUnavailable) at once when there is no connection; otherwise as
  // Connection::Run. A failed command makes the supervisor reconnect.
  Task<Reply> Run(std::vector<std::string> command, std::chrono::milliseconds timeout);

 private:
  class Core;
  std::shared_ptr<Core> core_;  // shared with the background coroutine, which ends after Stop
};

}  // namespace nexus::redis
