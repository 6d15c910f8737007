// Where a model's tokenizer is not known: an estimate that is never too low.
#pragma once

#include "text/tokenizer.h"

namespace nexus::text {

// One token per byte, and two special ones. A byte-level BPE never needs more, and neither does a
// WordPiece or Unigram model, whose pieces are of at least one code point; only of a few
// compatibility characters does NFKC make more code points than they have bytes (U+FDFA is the
// worst). Common text has three to five bytes per token, so chunks come out that much shorter than
// the model could take them.
class ByteCountTokenizer final : public Tokenizer {
 public:
  std::vector<int32_t> Encode(std::string_view text) const override {
    return std::vector<int32_t>(text.size() + special_tokens());
  }
  size_t special_tokens() const override { return 2; }
  bool is_exact() const override { return false; }
};

}  // namespace nexus::text
