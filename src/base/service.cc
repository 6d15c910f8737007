#include "base/service.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/log.h"

namespace nexus {

Service::Service(asio::any_io_executor executor, std::string name, std::chrono::milliseconds pause)
    : executor_(executor),
      name_(std::move(name)),
      pause_(pause),
      timer_(executor),
      finished_(executor, asio::steady_timer::time_point::max()) {}

Service::~Service() = default;

void Service::Start() {
  if (running_ || stopping_) return;
  running_ = true;
  asio::co_spawn(executor_, Loop(), asio::detached);  // Stop() waits for its end
}

void Service::BeginToStop() {
  stopping_ = true;
  timer_.cancel();
}

Task<> Service::Stop() {
  BeginToStop();
  if (running_) co_await finished_.async_wait(asio::as_tuple(asio::use_awaitable));
}

void Service::Wake() {
  woken_ = true;
  timer_.cancel();
}

Task<> Service::Loop() {
  while (!stopping_) {
    woken_ = false;
    const bool more = co_await RunGuarded();
    if (stopping_ || ((more || woken_) && backoff_.count() == 0)) continue;
    timer_.expires_after(backoff_.count() > 0 ? backoff_ : pause_);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  running_ = false;
  finished_.cancel();
}

Task<bool> Service::RunGuarded() {
  try {
    const bool more = co_await RunOnce();
    if (!last_error_.empty()) LogInfo("works again", {{"service", name_}});
    last_error_.clear();
    backoff_ = {};
    co_return more;
  } catch (const std::exception& error) {
    if (last_error_ != error.what()) {
      LogWarning("a background run failed", {{"service", name_}, {"error", error.what()}});
    }
    last_error_ = error.what();
    backoff_ = std::clamp(backoff_ * 2, kFirstBackoff, kMaxBackoff);
    co_return false;
  }
}

}  // namespace nexus
