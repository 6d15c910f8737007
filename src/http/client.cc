#include "http/client.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <format>
#include <optional>
#include <utility>

#include "http/parser.h"

namespace nexus::http {

using asio::ip::tcp;
using std::chrono::steady_clock;

namespace {

constexpr int kMaxInterimAnswers = 8;

std::string Render(const Url& url, const ClientRequest& request) {
  std::string out = std::format("{} {}{} HTTP/1.1\r\n", request.method, url.prefix, request.target);
  const bool brackets = url.host.contains(':');
  out += std::format("Host: {}{}{}:{}\r\n", brackets ? "[" : "", url.host, brackets ? "]" : "",
                     url.port);
  for (const auto& [name, value] : request.headers) {
    out.append(name).append(": ");
    for (const char c : value) out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
    out.append("\r\n");
  }
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD"))
    out += std::format("Content-Length: {}\r\n", request.body.size());
  out.append("\r\n").append(request.body);
  return out;
}

bool MayRepeat(const ClientRequest& request) {
  for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}) {
    if (request.method == method) return true;
  }
  return request.headers.Find("Idempotency-Key").has_value();
}

}  // namespace

class Client::State {
 public:
  State(asio::any_io_executor executor, Url server, ClientOptions options)
      : url(std::move(server)), options_(std::move(options)), socket_(executor) {}

  Task<Response> Send(ClientRequest request, std::chrono::milliseconds timeout);

  const Url url;

 private:
  Task<> Connect();
  Task<std::optional<Response>> Exchange(const ClientRequest& request);
  Task<> Write(std::string bytes);
  Task<std::optional<Response>> ReadAnswer(bool to_head);
  bool IsKept();
  void Close();
  steady_clock::duration Left() const;
  [[noreturn]] void ThrowAbsent(std::string_view reason) const;

  const ClientOptions options_;
  tcp::socket socket_;
  std::string buffer_;
  std::array<char, 16 << 10> chunk_;
  std::chrono::milliseconds timeout_{};
  steady_clock::time_point deadline_;
};

Task<Response> Client::State::Send(ClientRequest request, std::chrono::milliseconds timeout) {
  timeout_ = timeout;
  deadline_ = steady_clock::now() + timeout;
  std::exception_ptr failure;
  try {
    const bool kept = IsKept();
    if (!kept) co_await Connect();
    std::optional<Response> response = co_await Exchange(request);
    if (!response && kept && MayRepeat(request)) {
      co_await Connect();
      response = co_await Exchange(request);
    }
    if (response) co_return std::move(*response);
    ThrowAbsent("the connection was closed without an answer");
  } catch (...) {
    failure = std::current_exception();
  }
  Close();
  std::rethrow_exception(failure);
}

// A kept connection that the server has closed meanwhile shows as readable with nothing in it.
bool Client::State::IsKept() {
  if (!socket_.is_open()) return false;
  char byte = 0;
  const ssize_t size = recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Client::State::Close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  buffer_.clear();
}

void Client::State::ThrowAbsent(std::string_view reason) const {
  throw Failure(ErrorCode::kUnavailable,
                std::format("no {} answers at {} ({})", options_.peer, url.ToString(), reason));
}

// What is left of the time. Throws when that is nothing.
steady_clock::duration Client::State::Left() const {
  const auto left = deadline_ - steady_clock::now();
  if (left > steady_clock::duration::zero()) return left;
  throw Failure(ErrorCode::kTimeout,
                std::format("{} did not answer within {} ms", url.ToString(), timeout_.count()));
}

Task<> Client::State::Connect() {
  Close();
  tcp::resolver resolver(socket_.get_executor());
  auto [unresolved, endpoints] = co_await resolver.async_resolve(
      url.host, std::to_string(url.port),
      asio::cancel_after(Left(), asio::as_tuple(asio::use_awaitable)));
  if (unresolved == asio::error::operation_aborted) Left();
  if (unresolved) ThrowAbsent("the name is not known");
  auto [refused, endpoint] = co_await asio::async_connect(
      socket_, endpoints, asio::cancel_after(Left(), asio::as_tuple(asio::use_awaitable)));
  if (refused == asio::error::operation_aborted) Left();
  if (refused) ThrowAbsent(refused.message());
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
}

// nullopt if the connection ended before the first byte of an answer.
Task<std::optional<Response>> Client::State::Exchange(const ClientRequest& request) {
  co_await Write(Render(url, request));
  for (int i = 0; i < kMaxInterimAnswers; ++i) {
    auto response = co_await ReadAnswer(request.method == "HEAD");
    if (!response || response->status >= 200) co_return response;
  }
  throw Failure(ErrorCode::kUnavailable, url.ToString() + " never comes to an answer");
}

// A server that refuses may stop reading before the end: then its answer says why, so errors of
// writing are left to the reading.
Task<> Client::State::Write(std::string bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    const auto [error, size] = co_await socket_.async_write_some(
        asio::buffer(bytes.data() + sent, bytes.size() - sent),
        asio::cancel_after(Left(), asio::as_tuple(asio::use_awaitable)));
    if (error) co_return;
    sent += size;
  }
}

Task<std::optional<Response>> Client::State::ReadAnswer(bool to_head) {
  ResponseParser parser(options_.max_header_bytes, options_.max_body_bytes, to_head);
  bool answered = !buffer_.empty();
  bool whole = false;
  bool ended = false;
  while (!whole) {
    if (!buffer_.empty()) {
      auto read = parser.Read(buffer_);
      if (!read) throw Failure(std::move(read.error()));
      whole = *read;
      if (whole) break;
    }
    const auto [error, size] = co_await socket_.async_read_some(
        asio::buffer(chunk_), asio::cancel_after(Left(), asio::as_tuple(asio::use_awaitable)));
    if (error == asio::error::operation_aborted) Left();
    if (error && !answered) co_return std::nullopt;
    ended = static_cast<bool>(error);
    whole = error == asio::error::eof && parser.ReadEnd();
    if (ended && !whole) ThrowAbsent("the connection broke in the middle of the answer");
    answered = true;
    if (!ended) buffer_.append(chunk_.data(), size);
  }
  Response response = parser.Take();
  if (response.status >= 200 && (ended || !parser.keep_alive() || !buffer_.empty())) Close();
  co_return response;
}

Client::Client(asio::any_io_executor executor, Url url, ClientOptions options)
    : state_(std::make_unique<State>(executor, std::move(url), std::move(options))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;

Task<Response> Client::Send(ClientRequest request, std::chrono::milliseconds timeout) {
  return state_->Send(std::move(request), timeout);
}

const Url& Client::url() const { return state_->url; }

Task<Response> Fetch(Url url, ClientRequest request, std::chrono::milliseconds timeout,
                     ClientOptions options) {
  Client client(co_await asio::this_coro::executor, std::move(url), std::move(options));
  request.headers.Set("Connection", "close");
  co_return co_await client.Send(std::move(request), timeout);
}

}  // namespace nexus::http
