// For tests: running a coroutine to its end on a loop, and a connection that sends exactly the
// bytes it is told to. Everything gives up after kPatience.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/task.h"

namespace nexus::http {

inline constexpr std::chrono::seconds kPatience{10};

// Runs the loop until `ready()`; false if that does not come.
inline bool RunUntil(asio::io_context& loop, const std::function<bool()>& ready) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!ready()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    if (loop.stopped()) loop.restart();
    loop.run_one_for(std::chrono::milliseconds(10));
  }
  return true;
}

template <typename T>
T Await(asio::io_context& loop, Task<T> task) {
  std::optional<T> value;
  std::exception_ptr failure;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T result) {
    failure = error;
    value.emplace(std::move(result));
  });
  if (!RunUntil(loop, [&] { return value.has_value(); })) throw std::runtime_error("no end");
  if (failure) std::rethrow_exception(failure);
  return std::move(*value);
}

inline void Await(asio::io_context& loop, Task<> task) {
  bool ended = false;
  std::exception_ptr failure;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error) {
    failure = error;
    ended = true;
  });
  if (!RunUntil(loop, [&] { return ended; })) throw std::runtime_error("no end");
  if (failure) std::rethrow_exception(failure);
}

class Wire {
 public:
  Wire(asio::io_context& loop, uint16_t port) : loop_(loop), socket_(loop) {
    socket_.connect({asio::ip::address_v4::loopback(), port});
  }
  Wire(asio::io_context& loop, asio::ip::tcp::socket socket)
      : loop_(loop), socket_(std::move(socket)) {}

  // False if the other side did not take them all.
  bool Write(std::string bytes) { return Await(loop_, DoWrite(std::move(bytes))); }
  // Everything up to and with `mark`, or up to the end.
  std::string ReadUntil(std::string_view mark) { return Await(loop_, DoRead(std::string(mark))); }
  std::string ReadToEnd() { return Await(loop_, DoRead({})); }
  void Shut() { socket_.shutdown(asio::ip::tcp::socket::shutdown_send); }
  void Close() { socket_.close(); }

 private:
  Task<bool> DoWrite(std::string bytes) {
    const auto [error, size] = co_await asio::async_write(
        socket_, asio::buffer(bytes),
        asio::cancel_after(kPatience, asio::as_tuple(asio::use_awaitable)));
    co_return !error;
  }

  Task<std::string> DoRead(std::string mark) {
    while (mark.empty() || !buffer_.contains(mark)) {
      char chunk[4096];
      const auto [error, size] = co_await socket_.async_read_some(
          asio::buffer(chunk), asio::cancel_after(kPatience, asio::as_tuple(asio::use_awaitable)));
      if (error) co_return std::exchange(buffer_, {});
      buffer_.append(chunk, size);
    }
    const size_t end = buffer_.find(mark) + mark.size();
    std::string text = buffer_.substr(0, end);
    buffer_.erase(0, end);
    co_return text;
  }

  asio::io_context& loop_;
  asio::ip::tcp::socket socket_;
  std::string buffer_;
};

}  // namespace nexus::http
