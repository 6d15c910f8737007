// Text to vector. One interface for every model.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace nexus::embed {

enum class TextRole { kQuery, kPassage };

// What an embedding space is bound to: another artefact digest is another space.
struct ModelInfo {
  std::string name;             // "multilingual-e5-small"
  std::string artefact_sha256;  // of model.onnx or of a remote's settings, lower-case hex
  size_t dimension = 0;
  size_t max_tokens = 0;       // special tokens and prefix included
  std::string query_prefix;    // "query: "
  std::string passage_prefix;  // "passage: "
  std::string pooling;         // "mean" or "cls"; "remote" if that is not ours to do
  size_t texts_per_call = 1;   // with so many at once EmbedAll is at its best
  size_t calls_at_once = 1;    // so many threads are served faster than one after the other
};

// Whether a model can be asked at the moment.
struct Availability {
  bool refuses = false;  // Embed would throw kUnavailable at once, without trying
  std::string trouble;   // why it did not work lately; empty if it did
};

// Thread-safe: several threads may embed at once. Embed burns CPU or waits for another server: call
// it on a ComputePool.
class Embedder {
 public:
  virtual ~Embedder() = default;
  virtual const ModelInfo& info() const = 0;
  virtual const text::Tokenizer& tokenizer() const = 0;

  // A unit vector of info().dimension floats. Throws Failure: kTooLarge if prefix + text do not fit
  // max_tokens (never truncates), kInternal if the model yields NaN or a zero vector, kUnavailable
  // if it is away, kInvalid if it is there and takes other texts but not this one.
  virtual std::vector<float> Embed(std::string_view text, TextRole role) const = 0;

  // The vectors of several texts, in their order, as Embed gives each; throws if one cannot be had.
  virtual std::vector<std::vector<float>> EmbedAll(std::span<const std::string> texts,
                                                   TextRole role) const;

  // Cheap, for any thread: what is known without asking.
  virtual Availability availability() const { return {}; }

  // Tokens of prefix + text, special tokens included: what must not exceed max_tokens.
  size_t CountTokens(std::string_view text, TextRole role) const;
  const std::string& Prefix(TextRole role) const;
};

}  // namespace nexus::embed
