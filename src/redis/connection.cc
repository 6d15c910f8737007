#include "redis/connection.h"

#include <hiredis/hiredis.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <format>
#include <optional>

#include "base/error.h"

namespace nexus::redis {

using std::chrono::steady_clock;

namespace {

struct ReaderDeleter {
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
};

struct ReplyDeleter {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

// hiredis bounds the depth of what it parses, and with it this recursion.
Reply Copy(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return {static_cast<int64_t>(reply.integer)};
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      return {std::string(reply.str, reply.len)};
    case REDIS_REPLY_ERROR:
      return {ReplyError{std::string(reply.str, reply.len)}};
    case REDIS_REPLY_ARRAY: {
      Reply::Array items;
      for (size_t i = 0; i < reply.elements; ++i) items.push_back(Copy(*reply.element[i]));
      return {std::move(items)};
    }
    default:
      return {};
  }
}

std::string Encode(const std::vector<std::string>& command) {
  std::string bytes = std::format("*{}\r\n", command.size());
  for (const std::string& part : command)
    bytes.append(std::format("${}\r\n", part.size())).append(part).append("\r\n");
  return bytes;
}

}  // namespace

class Connection::State {
 public:
  State(asio::any_io_executor executor, Address address)
      : executor_(executor),
        address_(std::move(address)),
        socket_(executor),
        reader_(redisReaderCreate()) {}

  Task<> Connect(steady_clock::time_point deadline);
  static Task<Reply> Run(std::shared_ptr<State> self, std::vector<std::string> command,
                         steady_clock::time_point deadline);

  bool open() const { return socket_.is_open(); }
  void Close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  class Turn;

  Task<> WaitForTurn(steady_clock::time_point deadline);
  Task<> Write(std::string bytes, steady_clock::time_point deadline);
  Task<Reply> Read(steady_clock::time_point deadline);
  steady_clock::duration Left(steady_clock::time_point deadline) const;
  void Check(boost::system::error_code error, steady_clock::time_point deadline) const;
  [[noreturn]] void ThrowLost(std::string_view reason) const;

  const asio::any_io_executor executor_;
  const Address address_;
  asio::generic::stream_protocol::socket socket_;
  std::unique_ptr<redisReader, ReaderDeleter> reader_;
  std::array<char, 16 << 10> chunk_;
  bool busy_ = false;
  std::deque<std::shared_ptr<asio::steady_timer>> waiting_;  // cancelled when it is their turn
};

// The right to send a command and to read its answer. Given up in between, it leaves an answer
// behind that the next command would take for its own: then the connection closes.
class Connection::State::Turn {
 public:
  explicit Turn(State& state) : state_(state) { state_.busy_ = true; }
  Turn(const Turn&) = delete;
  ~Turn() {
    if (!answered) state_.Close();
    state_.busy_ = false;
    if (!state_.waiting_.empty()) state_.waiting_.front()->cancel();
  }

  bool answered = false;

 private:
  State& state_;
};

void Connection::State::ThrowLost(std::string_view reason) const {
  throw Failure(ErrorCode::kUnavailable,
                std::format("Redis at {}: {}", address_.ToString(), reason));
}

steady_clock::duration Connection::State::Left(steady_clock::time_point deadline) const {
  const auto left = deadline - steady_clock::now();
  if (left > steady_clock::duration::zero()) return left;
  throw Failure(ErrorCode::kTimeout,
                std::format("Redis at {} did not answer in time", address_.ToString()));
}

void Connection::State::Check(boost::system::error_code error,
                              steady_clock::time_point deadline) const {
  if (!error) return;
  if (error == asio::error::operation_aborted && socket_.is_open()) Left(deadline);
  ThrowLost(error == asio::error::eof ? "it closed the connection" : error.message());
}

Task<> Connection::State::Connect(steady_clock::time_point deadline) {
  if (!address_.socket_path.empty()) {
    const asio::local::stream_protocol::endpoint endpoint(address_.socket_path);
    socket_.open(endpoint.protocol());
    auto [error] = co_await socket_.async_connect(
        endpoint, asio::cancel_after(Left(deadline), asio::as_tuple(asio::use_awaitable)));
    Check(error, deadline);
    co_return;
  }
  using asio::ip::tcp;
  tcp::resolver resolver(executor_);
  auto [unresolved, endpoints] = co_await resolver.async_resolve(
      address_.host, std::to_string(address_.port),
      asio::cancel_after(Left(deadline), asio::as_tuple(asio::use_awaitable)));
  if (unresolved) ThrowLost("the name of its host is not known");
  tcp::socket socket(executor_);
  auto [refused, endpoint] = co_await asio::async_connect(
      socket, endpoints, asio::cancel_after(Left(deadline), asio::as_tuple(asio::use_awaitable)));
  if (refused == asio::error::operation_aborted) Left(deadline);
  if (refused) ThrowLost(refused.message());
  socket.set_option(tcp::no_delay(true));
  socket_ = std::move(socket);
}

Task<Reply> Connection::State::Run(std::shared_ptr<State> self, std::vector<std::string> command,
                                   steady_clock::time_point deadline) {
  co_await self->WaitForTurn(deadline);
  Turn turn(*self);
  if (!self->open()) self->ThrowLost("the connection is closed");
  co_await self->Write(Encode(command), deadline);
  Reply reply = co_await self->Read(deadline);
  turn.answered = true;
  co_return reply;
}

Task<> Connection::State::WaitForTurn(steady_clock::time_point deadline) {
  if (!busy_ && waiting_.empty()) co_return;
  auto timer = std::make_shared<asio::steady_timer>(executor_, deadline);
  waiting_.push_back(timer);
  co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
  const bool mine = !busy_ && waiting_.front() == timer;
  std::erase(waiting_, timer);
  if (mine) co_return;
  Left(deadline);
  ThrowLost("the wait for it was cancelled");
}

Task<> Connection::State::Write(std::string bytes, steady_clock::time_point deadline) {
  for (size_t sent = 0; sent < bytes.size();) {
    const auto [error, size] = co_await socket_.async_write_some(
        asio::buffer(bytes.data() + sent, bytes.size() - sent),
        asio::cancel_after(Left(deadline), asio::as_tuple(asio::use_awaitable)));
    Check(error, deadline);
    sent += size;
  }
}

Task<Reply> Connection::State::Read(steady_clock::time_point deadline) {
  while (true) {
    void* whole = nullptr;
    if (redisReaderGetReply(reader_.get(), &whole) != REDIS_OK) ThrowLost("no Redis answers there");
    if (whole != nullptr) {
      const std::unique_ptr<redisReply, ReplyDeleter> reply(static_cast<redisReply*>(whole));
      co_return Copy(*reply);
    }
    const auto [error, size] = co_await socket_.async_read_some(
        asio::buffer(chunk_),
        asio::cancel_after(Left(deadline), asio::as_tuple(asio::use_awaitable)));
    Check(error, deadline);
    redisReaderFeed(reader_.get(), chunk_.data(), size);
  }
}

Connection::Connection(std::shared_ptr<State> state) : state_(std::move(state)) {}
Connection::~Connection() { state_->Close(); }

Task<std::shared_ptr<Connection>> Connection::Open(asio::any_io_executor executor, Address address,
                                                   std::chrono::milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  auto state = std::make_shared<State>(executor, address);
  co_await state->Connect(deadline);
  std::vector<std::vector<std::string>> greetings;
  if (!address.password.empty()) {
    std::vector<std::string>& auth = greetings.emplace_back();
    auth.emplace_back("AUTH");
    if (!address.user.empty()) auth.push_back(address.user);
    auth.push_back(address.password);
  }
  if (address.database != 0) greetings.push_back({"SELECT", std::to_string(address.database)});
  for (std::vector<std::string>& greeting : greetings) {
    const Reply reply = co_await State::Run(state, std::move(greeting), deadline);
    if (reply.error() == nullptr) continue;
    throw Failure(ErrorCode::kUnavailable, std::format("Redis at {} refuses us: {}",
                                                       address.ToString(), reply.error()->message));
  }
  co_return std::shared_ptr<Connection>(new Connection(state));
}

Task<Reply> Connection::Run(std::vector<std::string> command, std::chrono::milliseconds timeout) {
  return State::Run(state_, std::move(command), steady_clock::now() + timeout);
}

bool Connection::open() const { return state_->open(); }
void Connection::Close() { state_->Close(); }

}  // namespace nexus::redis
