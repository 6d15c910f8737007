#include "base/task.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <latch>

namespace nexus {

ComputePool::ComputePool(size_t threads, int nice) : pool_(threads) {
  if (nice == 0) return;
  // Each thread lowers its own priority (a Linux thread has its own); the latch makes sure that
  // every job meets another thread. Shared: a thread may look at it after the others have gone on.
  auto met = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(threads) + 1);
  for (size_t i = 0; i < threads; ++i) {
    asio::post(pool_, [met, nice] {
      setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), nice);
      met->arrive_and_wait();
    });
  }
  met->arrive_and_wait();
}

ComputePool::~ComputePool() {
  pool_.stop();
  pool_.join();
}

}  // namespace nexus
