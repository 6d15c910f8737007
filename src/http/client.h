// An HTTP/1.1 client over plain TCP, for the command line and for drivers.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/task.h"
#include "http/message.h"

namespace nexus::http {

struct Url {
  std::string host;  // an IPv6 address without its brackets
  uint16_t port = 80;
  std::string prefix;  // put before every target; empty or "/x" without a trailing slash

  // "http://127.0.0.1:8002/x", as it reads back the same.
  std::string ToString() const;
};

// "http://host[:port][/prefix]", also "http://[::1]:8002". kInvalid, with a message that says
// what was expected, for anything else; https is not spoken yet and says so.
Result<Url> ParseUrl(std::string_view text);

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query, already percent-encoded
  Headers headers;           // Host and Content-Length are the client's own
  std::string body;
};

struct ClientOptions {
  size_t max_header_bytes = 64 << 10;
  size_t max_body_bytes = 64 << 20;
  std::string peer = "Nexus";  // who should be there, for messages: "no Nexus answers at …"
};

// Keeps one connection alive between requests. Loop thread only, one request at a time.
class Client {
 public:
  Client(asio::any_io_executor executor, Url url, ClientOptions options = {});
  ~Client();
  Client(Client&&) noexcept;

  // Any status is an answer. Throws Failure: kUnavailable if nobody answers or the connection
  // breaks, kTimeout if the whole exchange takes longer, kTooLarge beyond the bounds. A kept
  // connection that died before a byte of the answer is replaced once, if the method is
  // idempotent or the request carries an Idempotency-Key.
  Task<Response> Send(ClientRequest request, std::chrono::milliseconds timeout);

  const Url& url() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

// One request on a connection of its own, on the caller's executor; otherwise as Client::Send.
Task<Response> Fetch(Url url, ClientRequest request, std::chrono::milliseconds timeout,
                     ClientOptions options = {});

}  // namespace nexus::http
