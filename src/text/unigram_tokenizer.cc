#include "text/unigram_tokenizer.h"

#include <unicode/utf8.h>

#include <limits>

#include "text/unigram_vocabulary.h"

namespace nexus::text {
namespace {

constexpr std::string_view kMark = "\u2581";  // stands for a space
constexpr uint32_t kReplacementCharacter = 0xFFFD;

// The text as the pieces spell it.
class Spelling {
 public:
  explicit Spelling(size_t expected_bytes) { text_.reserve(expected_bytes); }

  void Add(uint32_t point) {
    if (point == ' ') {
      if (!after_space_) text_ += kMark;
      after_space_ = true;
      return;
    }
    if (text_.empty()) text_ += kMark;
    after_space_ = false;
    if (point < 0x80) {
      text_ += static_cast<char>(point);
      return;
    }
    char bytes[U8_MAX_LENGTH];
    size_t size = 0;
    U8_APPEND_UNSAFE(bytes, size, point);
    text_.append(bytes, size);
  }

  std::string Take() && {
    if (text_.empty()) text_ += kMark;
    return std::move(text_);
  }

 private:
  std::string text_;
  bool after_space_ = false;
};

std::string Spell(const UnigramVocabulary& vocabulary, std::string_view text) {
  Spelling spelling(text.size() + text.size() / 2 + kMark.size());
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<uint8_t>(text[at]);
    if (byte < 0x80 && vocabulary.plain_ascii[byte]) {
      spelling.Add(byte);
      ++at;
      continue;
    }
    UChar32 decoded;
    U8_NEXT(text.data(), at, text.size(), decoded);
    const uint32_t point = decoded < 0 ? kReplacementCharacter : static_cast<uint32_t>(decoded);
    const auto replacement = vocabulary.ReplacementOf(point);
    if (!replacement) {
      spelling.Add(point);
      continue;
    }
    for (uint32_t each : *replacement) spelling.Add(each);
  }
  return std::move(spelling).Take();
}

// The best way to spell the text up to some byte: its last piece, and the score of the whole.
struct Path {
  float score = -std::numeric_limits<float>::infinity();
  uint32_t begin = 0;
  int32_t id = 0;
};

// Sums are float32 and the path found first wins a tie, so that ids equal those of the engine the
// model comes with.
std::vector<Path> FindBestPaths(const UnigramVocabulary& vocabulary, std::string_view spelled) {
  std::vector<Path> best(spelled.size() + 1);
  best[0].score = 0;
  for (size_t at = 0; at < spelled.size();) {
    const auto begin = static_cast<uint32_t>(at);
    const float before = best[at].score;
    auto offer = [&](size_t end, float score, int32_t id) {
      if (score > best[end].score) best[end] = {score, begin, id};
    };
    vocabulary.pieces.ForEachPrefix(spelled.substr(at), [&](size_t length, size_t piece) {
      offer(at + length, before + vocabulary.scores[piece], vocabulary.ids[piece]);
    });
    size_t next = at;
    U8_FWD_1(spelled.data(), next, spelled.size());
    offer(next, before + vocabulary.unknown_score, vocabulary.unknown);
    at = next;
  }
  return best;
}

}  // namespace

UnigramTokenizer::UnigramTokenizer(std::unique_ptr<const UnigramVocabulary> vocabulary)
    : vocabulary_(std::move(vocabulary)) {}

UnigramTokenizer::~UnigramTokenizer() = default;

std::unique_ptr<UnigramTokenizer> UnigramTokenizer::Load(const std::filesystem::path& file) {
  auto vocabulary = std::make_unique<const UnigramVocabulary>(UnigramVocabulary::Load(file));
  return std::unique_ptr<UnigramTokenizer>(new UnigramTokenizer(std::move(vocabulary)));
}

std::vector<int32_t> UnigramTokenizer::Encode(std::string_view text) const {
  const std::string spelled = Spell(*vocabulary_, text);
  const std::vector<Path> best = FindBestPaths(*vocabulary_, spelled);
  std::vector<int32_t> ids = {vocabulary_->eos};
  for (size_t at = spelled.size(); at > 0; at = best[at].begin) ids.push_back(best[at].id);
  ids.push_back(vocabulary_->bos);
  std::ranges::reverse(ids);
  return ids;
}

}  // namespace nexus::text
