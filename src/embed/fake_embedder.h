// A small Embedder for tests: its tokens are four bytes of a word each, its vectors count letters.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "base/error.h"
#include "embed/embedder.h"
#include "embed/pooling.h"

namespace nexus::embed {

class FakeTokenizer final : public text::Tokenizer {
 public:
  std::vector<int32_t> Encode(std::string_view text) const override {
    std::vector<int32_t> ids{1};
    size_t letters = 0;
    for (char byte : text) {
      const bool space = byte == ' ' || byte == '\n';
      letters = space ? 0 : letters + 1;
      if (letters % 4 == 1) ids.push_back(static_cast<uint8_t>(byte));
    }
    ids.push_back(2);
    return ids;
  }
  size_t special_tokens() const override { return 2; }
};

class FakeEmbedder final : public Embedder {
 public:
  explicit FakeEmbedder(size_t max_tokens, size_t dimension = 3) {
    info_.name = "toy";
    info_.artefact_sha256 = "ab12";
    info_.dimension = dimension;
    info_.max_tokens = max_tokens;
    info_.query_prefix = "query: ";
    info_.passage_prefix = "passage: ";
    info_.pooling = "mean";
  }

  const ModelInfo& info() const override { return info_; }
  const text::Tokenizer& tokenizer() const override { return tokenizer_; }

  std::vector<float> Embed(std::string_view text, TextRole role) const override {
    ++runs;
    if (before_each) before_each(text);
    if (CountTokens(text, role) > info_.max_tokens) {
      throw Failure(ErrorCode::kTooLarge, "does not fit");
    }
    std::vector<float> vector(info_.dimension, 0.5f);
    for (char byte : text) vector[static_cast<uint8_t>(byte) % info_.dimension] += 1;
    return UnitVector(std::move(vector));
  }

  std::function<void(std::string_view)> before_each;  // may throw; called on any thread
  mutable std::atomic<int> runs = 0;

 private:
  ModelInfo info_;
  FakeTokenizer tokenizer_;
};

}  // namespace nexus::embed
