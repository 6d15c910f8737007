// One connection of the server, from its first request to its end. Inside of http/ only.
#pragma once

#include <array>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <expected>
#include <string>

#include "base/task.h"
#include "http/message.h"
#include "http/parser.h"
#include "http/server.h"

namespace nexus::http {

// What all connections of a server share.
struct SessionContext {
  ServerOptions options;
  Handler on_request;
  RefusalHandler on_refused;
  bool stopping = false;  // answers are the last ones of their connections
  size_t running_requests = 0;
  size_t held_bytes = 0;  // of requests that arrive or run
};

// Loop thread only. Whoever runs it keeps it, and the context, until Run has returned.
class Session {
 public:
  Session(asio::ip::tcp::socket socket, SessionContext& context);

  // Serves one request after the other until the connection is closed.
  Task<> Run();

  void CloseIfIdle();
  // Closes the socket and cancels the handler that may be running.
  void Abort();

  // For spawning Run.
  asio::cancellation_slot slot() { return cancel_.slot(); }

 private:
  // The bytes of one request, counted as long as they are held.
  class Held;

  Task<bool> ServeOne();
  Task<std::expected<bool, Refusal>> ReadRequest(RequestParser& parser, Held& held);
  Task<Response> Answer(Request request);
  Task<bool> Write(std::string bytes);
  Task<> RefuseAndLinger(Refusal refusal);
  Task<> Linger();

  asio::ip::tcp::socket socket_;
  SessionContext& context_;
  asio::cancellation_signal cancel_;
  std::string remote_address_;
  std::string buffer_;  // read and not yet parsed
  std::array<char, 16 << 10> chunk_;
  bool idle_ = true;
};

// The bytes of a response. `with_body` is false for the answer to HEAD.
std::string Render(const Response& response, bool with_body, std::string_view connection);

}  // namespace nexus::http
