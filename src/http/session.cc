#include "http/session.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancel_after.hpp>
#include <format>

#include "base/log.h"

namespace nexus::http {

using std::chrono::steady_clock;

namespace {

constexpr size_t kSmallRequestBytes = 64 << 10;  // served however much the large ones hold

bool HasBody(int status) { return status >= 200 && status != 204 && status != 304; }

bool IsServers(std::string_view name) {
  return EqualIgnoringCase(name, "Content-Length") || EqualIgnoringCase(name, "Date") ||
         EqualIgnoringCase(name, "Connection") || EqualIgnoringCase(name, "Transfer-Encoding");
}

// A line break in a value would let its author write further fields.
void AppendField(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (const char c : value) out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  out.append("\r\n");
}

std::string Date() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return std::format("{:%a, %d %b %Y %H:%M:%S} GMT", now);
}

Refusal TooMuchAtOnce() {
  return {503, Error{ErrorCode::kUnavailable,
                     "the server holds as many large requests as it may",
                     {},
                     "try again a little later, or send less in one request"}};
}

Refusal TooSlow(std::chrono::milliseconds limit) {
  return {408, Error{ErrorCode::kTimeout,
                     std::format("the request did not arrive whole within {} ms", limit.count()),
                     {},
                     {}}};
}

}  // namespace

std::string Render(const Response& response, bool with_body, std::string_view connection) {
  std::string out =
      std::format("HTTP/1.1 {} {}\r\n", response.status, ReasonPhrase(response.status));
  for (const auto& [name, value] : response.headers) {
    if (!IsServers(name)) AppendField(out, name, value);
  }
  AppendField(out, "Date", Date());
  if (HasBody(response.status))
    AppendField(out, "Content-Length", std::to_string(response.body.size()));
  if (!connection.empty()) AppendField(out, "Connection", connection);
  out.append("\r\n");
  if (with_body && HasBody(response.status)) out.append(response.body);
  return out;
}

class Session::Held {
 public:
  explicit Held(SessionContext& context) : context_(context) {}
  Held(const Held&) = delete;
  ~Held() { context_.held_bytes -= bytes_; }

  // False if that is too much: one request more of that size, beside all the others.
  bool Add(size_t bytes) {
    bytes_ += bytes;
    context_.held_bytes += bytes;
    return bytes_ <= kSmallRequestBytes || context_.held_bytes <= context_.options.max_held_bytes;
  }

 private:
  SessionContext& context_;
  size_t bytes_ = 0;
};

Session::Session(asio::ip::tcp::socket socket, SessionContext& context)
    : socket_(std::move(socket)), context_(context) {
  boost::system::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  remote_address_ = socket_.remote_endpoint(ignored).address().to_string();
}

Task<> Session::Run() {
  try {
    while (co_await ServeOne()) {
    }
  } catch (const std::exception& error) {
    LogDebug("A connection broke off", {{"client", remote_address_}, {"reason", error.what()}});
  }
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Session::CloseIfIdle() {
  boost::system::error_code ignored;
  if (idle_) socket_.close(ignored);
}

void Session::Abort() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  cancel_.emit(asio::cancellation_type::terminal);
}

// True if the connection goes on.
Task<bool> Session::ServeOne() {
  RequestParser parser(context_.options.max_header_bytes, context_.options.max_body_bytes);
  Held held(context_);
  auto read = co_await ReadRequest(parser, held);
  if (!read) {
    co_await RefuseAndLinger(std::move(read.error()));
    co_return false;
  }
  if (!*read) co_return false;
  auto request = parser.Take();
  if (!request) {
    co_await RefuseAndLinger({400, std::move(request.error())});
    co_return false;
  }
  request->remote_address = remote_address_;
  const bool to_head = request->method == "HEAD";
  const Response response = co_await Answer(std::move(*request));
  const bool goes_on = parser.keep_alive() && !context_.stopping;
  const std::string_view connection = !goes_on ? "close" : parser.is_old() ? "keep-alive" : "";
  const bool sent = co_await Write(Render(response, !to_head, connection));
  if (sent && !goes_on && !buffer_.empty()) co_await Linger();
  co_return sent&& goes_on;
}

// True when the request is whole, false when the client is gone or has been silent for too long.
Task<std::expected<bool, Refusal>> Session::ReadRequest(RequestParser& parser, Held& held) {
  const ServerOptions& options = context_.options;
  auto deadline = steady_clock::now() + options.request_timeout;
  bool started = !buffer_.empty();
  bool told_to_continue = false;
  while (true) {
    if (!buffer_.empty()) {
      const auto whole = parser.Read(buffer_);
      if (!whole || *whole) co_return whole;
    }
    if (parser.wants_continue() && !told_to_continue) {
      told_to_continue = true;
      if (!co_await Write("HTTP/1.1 100 Continue\r\n\r\n")) co_return false;
    }
    idle_ = !started;
    if (idle_ && context_.stopping) co_return false;
    const auto wait =
        started ? deadline - steady_clock::now() : steady_clock::duration(options.idle_timeout);
    if (wait <= steady_clock::duration::zero())
      co_return std::unexpected(TooSlow(options.request_timeout));
    const auto [error, size] = co_await socket_.async_read_some(
        asio::buffer(chunk_), asio::cancel_after(wait, asio::as_tuple(asio::use_awaitable)));
    if (error) {
      const bool slow = error == asio::error::operation_aborted && started && socket_.is_open();
      if (slow) co_return std::unexpected(TooSlow(options.request_timeout));
      co_return false;
    }
    if (!started) deadline = steady_clock::now() + options.request_timeout;
    started = true;
    idle_ = false;
    if (!held.Add(size)) co_return std::unexpected(TooMuchAtOnce());
    buffer_.append(chunk_.data(), size);
  }
}

Task<Response> Session::Answer(Request request) {
  const std::string what = std::format("{} {}", request.method, request.path);
  std::string reason;
  ++context_.running_requests;
  try {
    Response response = co_await context_.on_request(std::move(request));
    --context_.running_requests;
    co_return response;
  } catch (const std::exception& error) {
    reason = error.what();
  } catch (...) {
    reason = "an exception of no known type";
  }
  --context_.running_requests;
  LogError("A request failed", {{"request", what}, {"reason", reason}});
  co_return context_.on_refused(
      500, Error{ErrorCode::kInternal, "the server failed to serve this request", {}, {}});
}

// False if the client does not take it.
Task<bool> Session::Write(std::string bytes) {
  const auto patience = context_.options.write_timeout;
  for (size_t sent = 0; sent < bytes.size();) {
    const auto [error, size] = co_await socket_.async_write_some(
        asio::buffer(bytes.data() + sent, bytes.size() - sent),
        asio::cancel_after(patience, asio::as_tuple(asio::use_awaitable)));
    if (error) co_return false;
    sent += size;
  }
  co_return true;
}

Task<> Session::RefuseAndLinger(Refusal refusal) {
  const Response response = context_.on_refused(refusal.status, std::move(refusal.error));
  if (co_await Write(Render(response, true, "close"))) co_await Linger();
}

// Closing while the client still sends would reset the connection, and with it the answer that it
// has not read yet.
Task<> Session::Linger() {
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  const auto deadline = steady_clock::now() + context_.options.linger_timeout;
  while (steady_clock::now() < deadline) {
    const auto [error, size] = co_await socket_.async_read_some(
        asio::buffer(chunk_),
        asio::cancel_after(deadline - steady_clock::now(), asio::as_tuple(asio::use_awaitable)));
    if (error) co_return;
  }
}

}  // namespace nexus::http
