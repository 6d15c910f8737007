// An HTTP/1.1 server (RFC 9112) on the loop: keep-alive, pipelined requests one after the other,
// chunked request bodies, Expect: 100-continue. It knows nothing of what is served.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/task.h"
#include "http/message.h"

namespace nexus::http {

// Answers one request. Runs on the loop; an exception out of it becomes a 500 by the refusal
// handler. It is not told when the client goes away: it finishes, and the answer is dropped.
// `Content-Length`, `Date` and `Connection` are the server's own; the handler does not set them.
// For HEAD the handler answers as for GET and the server drops the body.
using Handler = std::function<Task<Response>(Request)>;

// Renders what the server itself refuses. `status` is what HTTP asks for and must be the
// response's: 400 malformed, 408 too slow, 413 body too large (kTooLarge), 431 header too large
// (kTooLarge), 500 the handler threw (kInternal; the message tells a caller nothing of the cause,
// which is logged), 501 transfer coding, 503 too many connections or too many large requests at
// once (kUnavailable), 505 version.
using RefusalHandler = std::function<Response(int status, Error error)>;

struct ServerOptions {
  std::string address = "127.0.0.1";  // an IP address, or "localhost"
  uint16_t port = 8002;               // 0: any free one
  size_t max_body_bytes = 8 << 20;
  size_t max_header_bytes = 32 << 10;                 // request line and header fields together
  size_t max_held_bytes = 256 << 20;                  // of large requests that arrive or run
  size_t max_connections = 1024;                      // further ones are answered 503 and closed
  std::chrono::milliseconds idle_timeout{75'000};     // waiting for a request's first byte
  std::chrono::milliseconds request_timeout{60'000};  // from its first byte to its last
  std::chrono::milliseconds write_timeout{30'000};    // a client that takes no bytes for so long
  std::chrono::milliseconds linger_timeout{2'000};    // reading on after a refusal
};

// Loop thread only. Stop() before destruction; the destructor closes what is left.
class Server {
 public:
  Server(asio::any_io_executor executor, ServerOptions options, Handler on_request,
         RefusalHandler on_refused);
  ~Server();
  Server(const Server&) = delete;

  // Binds and starts to accept. Throws Failure(kConflict) if the port is taken, kInvalid if the
  // address is none, kForbidden if the system does not let us, each with a remedy.
  void Listen();
  uint16_t port() const;  // the real one, after Listen

  // Takes no more connections, closes idle ones at once, and gives requests that are running
  // `drain` to be answered; then cancels them. Returns when every connection is gone, or a second
  // after the cancelling if a handler does not end.
  Task<> Stop(std::chrono::milliseconds drain);
  // Ends the drain of a Stop that is running: cancels the requests now.
  void CutOff();

  size_t open_connections() const;
  size_t running_requests() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;  // shared with the connections' coroutines, which end after Stop
};

}  // namespace nexus::http
