// The Unigram (SentencePiece) tokenizer of multilingual models, from the file that
// tools/model/tokenizer_file.py writes.
#pragma once

#include <filesystem>
#include <memory>

#include "text/tokenizer.h"

namespace nexus::text {

struct UnigramVocabulary;

// Replaces code points as the model's table says, joins runs of spaces, puts "▁" for each and
// before the first word, and takes the best-scoring way to spell the text in pieces (Kudo 2018,
// "Subword Regularization"). A code point that no piece spells is one unknown piece. Thread-safe;
// time and memory are linear in the text's length.
class UnigramTokenizer final : public Tokenizer {
 public:
  // Throws Failure, naming the file and the remedy, if it cannot be read or is damaged.
  static std::unique_ptr<UnigramTokenizer> Load(const std::filesystem::path& file);

  ~UnigramTokenizer() override;

  std::vector<int32_t> Encode(std::string_view text) const override;
  size_t special_tokens() const override { return 2; }

 private:
  explicit UnigramTokenizer(std::unique_ptr<const UnigramVocabulary> vocabulary);

  std::unique_ptr<const UnigramVocabulary> vocabulary_;
};

}  // namespace nexus::text
