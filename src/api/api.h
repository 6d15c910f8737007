// From an HTTP request to its answer: route, key, brain, scope, body, handler.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "api/operation.h"
#include "http/message.h"
#include "http/router.h"

namespace nexus::api {

// Loop thread only. Handle() never throws: what a handler throws becomes a problem.
class Api {
 public:
  // How long a valid key is believed without asking the database again, so how long a key that
  // another node revoked may still work here.
  static constexpr std::chrono::seconds kKeyTrust{2};
  static constexpr size_t kMaxTrustedKeys = 4'096;

  explicit Api(Services services);

  Task<http::Response> Handle(http::Request request);
  // What the HTTP server itself refuses.
  static http::Response Refuse(int status, Error error);

 private:
  struct Trusted {
    store::ApiKey key;
    Timestamp until;
  };

  Task<http::Response> Dispatch(http::Request request, const Operation& row,
                                std::vector<std::string> arguments, std::string request_id);
  Task<Result<Call>> Admit(http::Request request, const Operation& row,
                           std::vector<std::string> arguments);
  Task<Result<store::ApiKey>> Authenticate(const http::Headers& headers);
  Task<http::Response> Serve(const Operation& row, Call call, std::string request_id);
  void Count(const Operation* row, int status, double seconds);

  Services services_;
  http::Router router_;
  std::unordered_map<std::string, Trusted> trusted_;  // by the secret's digest
  uint64_t revocations_ = 0;                          // by this node
  UuidGenerator request_ids_;
};

}  // namespace nexus::api
