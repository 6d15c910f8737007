// The Embedder on a server that speaks OpenAI's POST /v1/embeddings.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "embed/embedder.h"

namespace nexus::embed {

struct RemoteOptions {
  std::string url;    // of the embeddings themselves, as EmbeddingsUrl gives it
  std::string model;  // as the server calls it
  std::string key;    // may be empty
  std::chrono::milliseconds timeout{10'000};  // of one request; a question's is shorter
  bool allow_private = false;                 // addresses of this machine and of private networks
};

// Asks with info.texts_per_call texts a request. Each answer is checked whole; whatever is wrong
// with it, and any other status than 2xx, is kUnavailable with the reason, and too many of them
// open the circuit breaker, which then refuses at once. 429 and 503 are not asked again before
// their Retry-After, at most kLongestPatience. A text is at fault (kInvalid) only if it alone is
// refused by 400, 413 or 422 while the server takes another text. Nothing is asked before the first
// Embed: the server may be away when this one starts.
std::unique_ptr<Embedder> OpenRemoteEmbedder(RemoteOptions options, ModelInfo info,
                                             std::unique_ptr<const text::Tokenizer> tokenizer);

inline constexpr std::chrono::milliseconds kLongestPatience{60'000};
inline constexpr std::chrono::milliseconds kQuestionTimeout{3'000};

// What a space of a remote model is bound to: SHA-256 over the JSON array of url, model, dimension
// and both prefixes. Whether the server still has the same model behind it cannot be seen.
std::string RemoteIdentity(const RemoteOptions& options, const ModelInfo& info);

}  // namespace nexus::embed
