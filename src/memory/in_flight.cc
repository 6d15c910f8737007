#include "memory/in_flight.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.h"

namespace nexus::memory {

void InFlight::Start(asio::any_io_executor executor, Task<> task) {
  ++count_;
  asio::co_spawn(executor, Count(std::move(task)), asio::detached);  // Finish() waits for its end
}

Task<> InFlight::Count(Task<> task) {
  try {
    co_await std::move(task);
  } catch (const std::exception& error) {
    LogError("a task ended with an exception", {{"error", error.what()}});
  }
  if (--count_ == 0 && none_left_) none_left_->cancel();
}

Task<> InFlight::Finish() {
  while (count_ > 0) {
    if (!none_left_) {
      none_left_ = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor,
                                                        asio::steady_timer::time_point::max());
    }
    auto timer = none_left_;
    co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

}  // namespace nexus::memory
