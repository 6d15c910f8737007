#include "memory/embedded.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.h"

namespace nexus::memory {

namespace {
constexpr std::chrono::milliseconds kFirstPause{10};
constexpr std::chrono::milliseconds kLongestPause{100};
}  // namespace

Task<bool> WaitEmbedded(store::Vectors& vectors, Uuid brain, std::vector<Uuid> ids,
                        std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  try {
    for (auto pause = kFirstPause;; pause = std::min(pause * 3 / 2, kLongestPause)) {
      const store::Queued queued = co_await vectors.CountQueued(brain, ids);
      if (queued.pending == 0) co_return queued.failed == 0;
      const auto now = std::chrono::steady_clock::now();
      if (now >= deadline) co_return false;
      timer.expires_at(std::min(now + pause, deadline));
      co_await timer.async_wait(asio::use_awaitable);
    }
  } catch (const Failure& failure) {
    LogWarning("it is not known whether episodes are embedded", {{"error", failure.what()}});
    co_return false;
  }
}

}  // namespace nexus::memory
