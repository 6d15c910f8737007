// Requests to a model on another server. libcurl stays behind this file.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/error.h"

namespace nexus::embed {

struct RemoteReply {
  long status = 0;
  std::string body;
  std::chrono::seconds retry_after{0};  // 0 if it does not say
};

// Thread-safe: each call that runs has a connection of its own, kept alive for the next one.
// Redirects are not followed, proxies of the environment are not used, certificates are checked
// against those of the system.
class RemoteTransport {
 public:
  static constexpr size_t kMaxAnswerBytes = 64 << 20;

  // `key`, if not empty, is sent as a bearer token.
  RemoteTransport(std::string url, const std::string& key, bool allow_private);
  ~RemoteTransport();
  RemoteTransport(const RemoteTransport&) = delete;

  // Any status is an answer. Throws RemoteFault if there is none: nobody there, too slow, too long,
  // or only at addresses that are private (after the name was resolved) and not allowed.
  RemoteReply Post(const std::string& json, std::chrono::milliseconds timeout) const;

 private:
  class Connections;
  std::unique_ptr<Connections> connections_;
};

// What texts are posted to: "https://host", "https://host/v1" and "https://host/v1/embeddings" are
// the same; any other path gets /v1/embeddings behind it; a query stays. kInvalid for what is no
// such address, also with a user or a fragment in it.
Result<std::string> EmbeddingsUrl(const std::string& base);

}  // namespace nexus::embed
