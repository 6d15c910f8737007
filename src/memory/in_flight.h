// Coroutines that run on their own, counted so that their owner can wait for the last of them.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "base/task.h"

namespace nexus::memory {

// Loop thread only.
class InFlight {
 public:
  // Runs `task` on the caller's executor. It must not throw: nobody would hear of it.
  void Start(asio::any_io_executor executor, Task<> task);
  // Returns when none is running.
  Task<> Finish();
  size_t count() const { return count_; }

 private:
  Task<> Count(Task<> task);

  size_t count_ = 0;
  std::shared_ptr<asio::steady_timer> none_left_;  // shared by all that wait; null if nobody does
};

}  // namespace nexus::memory
