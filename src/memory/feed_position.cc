#include "memory/feed_position.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

namespace nexus::memory {

namespace {
constexpr std::chrono::milliseconds kPause{10};
}  // namespace

Task<std::optional<Error>> FeedPosition::WaitFor(store::Position place,
                                                 std::chrono::milliseconds timeout) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    if (place.epoch != reached_.epoch) {
      co_return Error{ErrorCode::kConflict,
                      "The position belongs to another history of the database.", "/min_position",
                      "leave min_position out: what was written before is not awaited"};
    }
    if (store::Covers(reached_, place)) co_return std::nullopt;
    if (std::chrono::steady_clock::now() >= deadline) {
      co_return Error{ErrorCode::kUnavailable,
                      std::format("This node has read up to {} only.", reached_.ToString()),
                      "/min_position", "ask again, or leave min_position out"};
    }
    timer.expires_after(kPause);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace nexus::memory
