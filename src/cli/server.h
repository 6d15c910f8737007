// One server, asked question after question, from plain blocking code.
#pragma once

#include <boost/json/fwd.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "cli/connection.h"
#include "http/message.h"

namespace nexus::cli {

// Keeps its connection between questions. Not thread-safe.
class Server {
 public:
  // Throws Failure if the URL is none.
  explicit Server(Connection connection);
  ~Server();
  Server(const Server&) = delete;

  const Connection& connection() const;

  // Any status is an answer. With the key, if there is one. Throws Failure(kUnavailable) if nobody
  // answers, with what to do.
  http::Response Send(std::string method, std::string target, std::string body = {},
                      http::Headers headers = {});

  // As Send, but needs the key, and what is not 2xx is thrown as the Failure that the server's
  // problem document describes. Empty for an answer without a body.
  boost::json::object Ask(std::string method, std::string target, std::string body = {},
                          http::Headers headers = {});

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// The server that the flags name, else the environment, else the defaults.
Server Connect(const ConnectionFlags& given, const Defaults& defaults);

// What the server's answer says went wrong.
Error ReadProblem(const http::Response& response);

// "/v1/brains/NAME" + rest.
std::string BrainTarget(std::string_view brain, std::string_view rest = {});

// Throws Failure(kInvalid) saying that `what` is not UTF-8.
void RequireUtf8(std::string_view text, std::string_view what);

}  // namespace nexus::cli
