// Coroutines of the loop thread, and the pools that burn CPU for them.
//
// One loop thread runs all I/O and owns all mutable state that is not a compute structure. What
// burns CPU goes to a ComputePool and comes back to the loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace nexus {

namespace asio = boost::asio;

// A coroutine whose continuations run on the executor it was spawned on (the loop).
template <typename T = void>
using Task = asio::awaitable<T>;

// Threads for work that would hold up the loop. Thread-safe.
class ComputePool {
 public:
  // `nice` > 0 lets the threads give way to everything else on the machine (setpriority).
  ComputePool(size_t threads, int nice);
  ~ComputePool();  // waits for what is running, drops what is queued

  // Runs `work()` on the pool and resumes the caller on its own executor with the value or the
  // exception. Parameters must live in `work`.
  template <typename Work>
  Task<std::invoke_result_t<Work>> Run(Work work);

 private:
  asio::thread_pool pool_;
};

template <typename Work>
Task<std::invoke_result_t<Work>> ComputePool::Run(Work work) {
  using Value = std::invoke_result_t<Work>;
  static_assert(!std::is_void_v<Value> && std::is_default_constructible_v<Value>);
  auto start = [this](auto handler, Work job) {
    asio::post(pool_, [handler = std::move(handler), job = std::move(job)]() mutable {
      std::exception_ptr failure;
      Value value{};
      try {
        value = job();
      } catch (...) {
        failure = std::current_exception();
      }
      auto executor = asio::get_associated_executor(handler);
      asio::post(executor,
                 [handler = std::move(handler), failure, value = std::move(value)]() mutable {
                   handler(failure, std::move(value));
                 });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>,
                                          void(std::exception_ptr, Value)>(
      start, asio::use_awaitable, std::move(work));
}

}  // namespace nexus
