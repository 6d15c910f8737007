// The Unigram (SentencePiece) tokenizer of multilingual models, from the file that
// tools/model/tokenizer_file.py writes.
#pragma once

#include <filesystem>
#include <memory>

#include "text/tokenizer.h"

namespace nexus::text {

// Normalises as the model's table says, turns white space into "▁", and takes the best-scoring
// way to spell the text in pieces. Thread-safe; time is linear in the text's length.
class UnigramTokenizer final : public Tokenizer {
 public:
  // Throws Failure, naming the file and the remedy, if it cannot be read or is damaged.
  static std::unique_ptr<UnigramTokenizer> Load(const std::filesystem::path& file);

  ~UnigramTokenizer() override;

  std::vector<int32_t> Encode(std::string_view text) const override;
  size_t special_tokens() const override { return 2; }

 private:
  struct Vocabulary;

  explicit UnigramTokenizer(std::unique_ptr<const Vocabulary> vocabulary);

  std::unique_ptr<const Vocabulary> vocabulary_;
};

}  // namespace nexus::text
