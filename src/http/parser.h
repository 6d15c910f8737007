// HTTP/1.1 messages out of bytes, piece by piece, without a connection. Inside of http/ only.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>

#include "base/error.h"
#include "http/message.h"

namespace nexus::http {

// What a server answers instead of serving, and then closes the connection.
struct Refusal {
  int status;
  Error error;
};

// Reads one request; a new one is made for the next.
class RequestParser {
 public:
  RequestParser(size_t max_header_bytes, size_t max_body_bytes);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;

  // Takes what it can from the front of `buffer`, which the caller then makes longer. True when
  // the request is whole; what is left in the buffer belongs to the next one.
  std::expected<bool, Refusal> Read(std::string& buffer);

  // The header is there, the body is not, and the client waits to be told to send it.
  bool wants_continue() const;

  // Once the request is whole:
  bool keep_alive() const;
  bool is_old() const;  // HTTP/1.0, where keeping alive has to be said
  Result<Request> Take();

 private:
  struct State;
  std::expected<bool, Refusal> CheckHeader() const;
  std::unique_ptr<State> state_;
};

// Reads one response.
class ResponseParser {
 public:
  // `to_head`: the response has no body whatever its header says.
  ResponseParser(size_t max_header_bytes, size_t max_body_bytes, bool to_head);
  ~ResponseParser();
  ResponseParser(const ResponseParser&) = delete;

  // As RequestParser::Read. kTooLarge beyond the limits, kUnavailable for what is no HTTP.
  Result<bool> Read(std::string& buffer);
  // The connection has ended: true if that ends the response, too.
  bool ReadEnd();

  bool keep_alive() const;
  Response Take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nexus::http
