// Text to vector. One interface for every model.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace nexus::embed {

enum class TextRole { kQuery, kPassage };

// What an embedding space is bound to: another artefact digest is another space.
struct ModelInfo {
  std::string name;             // "multilingual-e5-small"
  std::string artefact_sha256;  // of model.onnx, lower-case hex
  size_t dimension = 0;
  size_t max_tokens = 0;       // special tokens and prefix included
  std::string query_prefix;    // "query: "
  std::string passage_prefix;  // "passage: "
  std::string pooling;         // "mean" or "cls"
};

// Thread-safe: several threads may embed at once. Embed burns CPU: call it on a ComputePool.
class Embedder {
 public:
  virtual ~Embedder() = default;
  virtual const ModelInfo& info() const = 0;
  virtual const text::Tokenizer& tokenizer() const = 0;

  // A unit vector of info().dimension floats. Throws Failure: kTooLarge if prefix + text do not fit
  // max_tokens (never truncates), kInternal if the model yields NaN or a zero vector.
  virtual std::vector<float> Embed(std::string_view text, TextRole role) const = 0;

  // Tokens of prefix + text, special tokens included: what must not exceed max_tokens.
  size_t CountTokens(std::string_view text, TextRole role) const;
  const std::string& Prefix(TextRole role) const;
};

}  // namespace nexus::embed
