#include "text/chunks.h"

#include "text/borders.h"

namespace nexus::text {
namespace {

enum class Level { kSentences, kWords, kCodePoints };

class Chunker {
 public:
  Chunker(std::string_view text, size_t max_tokens, size_t overlap_tokens,
          const std::function<size_t(std::string_view)>& count)
      : text_(text),
        max_tokens_(max_tokens),
        overlap_tokens_(std::min(overlap_tokens, max_tokens / 2)),
        count_(count),
        borders_(FindBorders(text)) {}

  std::vector<TextRange> Cut() {
    std::vector<TextRange> chunks;
    size_t begin = 0, covered = 0;
    while (covered < text_.size()) {
      size_t end = FindEnd(begin, covered);
      if (end == covered && begin < covered) {  // no room beside the overlap
        begin = covered;
        continue;
      }
      if (end == covered) end = CodePointEnd(text_, covered);
      chunks.push_back({begin, end});
      covered = end;
      begin = FindOverlap(chunks.back());
    }
    return chunks;
  }

 private:
  size_t LastUpTo(Level level, size_t position) const {
    if (level == Level::kCodePoints) return CodePointBorderUpTo(text_, position);
    return LastBorderUpTo(BordersOf(level), position);
  }

  size_t FirstAfter(Level level, size_t position) const {
    if (level == Level::kCodePoints) return CodePointEnd(text_, position);
    return FirstBorderAfter(BordersOf(level), position);
  }

  const std::vector<size_t>& BordersOf(Level level) const {
    return level == Level::kSentences ? borders_.sentences : borders_.words;
  }

  size_t Count(size_t begin, size_t end) {
    const size_t tokens = count_(text_.substr(begin, end - begin));
    bytes_per_token_ =
        static_cast<double>(end - begin) / static_cast<double>(std::max(tokens, 1uz));
    return tokens;
  }

  // What so many tokens take, by the last count; no more than the text.
  size_t BytesOf(size_t tokens) const {
    return static_cast<size_t>(std::min(bytes_per_token_ * static_cast<double>(tokens),
                                        static_cast<double>(text_.size())));
  }

  // Behind `covered`, or `covered` if nothing more fits.
  size_t FindEnd(size_t begin, size_t covered) {
    for (Level level : {Level::kSentences, Level::kWords, Level::kCodePoints}) {
      const size_t end = FindEndAt(level, begin, covered);
      if (end > covered) return end;
    }
    return covered;
  }

  // Guesses from the last count, then alternates between guesses and halves of what remains.
  // What is far beyond a chunk is taken not to fit, or one endless sentence would be counted
  // again for every chunk in it.
  size_t FindEndAt(Level level, size_t begin, size_t covered) {
    size_t fits = covered, too_far = text_.size() + 1;
    size_t target = begin + BytesOf(max_tokens_);
    size_t reach = begin + 4 * BytesOf(max_tokens_) + 64;
    size_t step = 1;
    for (bool halve = false; fits < text_.size(); halve = !halve) {
      size_t end = LastUpTo(level, std::min({target, reach, text_.size()}));
      if (end <= fits) end = FirstAfter(level, fits);
      if (end >= too_far) break;
      const size_t tokens = end <= reach ? Count(begin, end) : max_tokens_ + 1;
      if (tokens <= max_tokens_) {
        fits = end;
        reach = std::max(reach, begin + 4 * (end - begin));
        if (level != Level::kSentences && tokens * 16 >= max_tokens_ * 15) break;
      } else {
        too_far = end;
      }
      const size_t guess = begin + BytesOf(max_tokens_);
      if (too_far > text_.size()) {
        target = std::max(guess, fits + step);
        step *= 2;
      } else {
        target = halve ? fits + (too_far - fits) / 2 : std::clamp(guess, fits, too_far - 1);
      }
    }
    return fits;
  }

  // Where the chunk after `last` begins.
  size_t FindOverlap(TextRange last) {
    if (overlap_tokens_ == 0 || last.end == text_.size()) return last.end;
    const size_t longest = last.end - last.begin - 1;
    const size_t wanted = std::min(BytesOf(overlap_tokens_) + 1, longest);
    for (Level level : {Level::kSentences, Level::kWords}) {
      for (size_t length = wanted; length > 0; length /= 2) {
        const size_t begin = FirstAfter(level, last.end - length - 1);
        if (begin >= last.end) break;
        if (Count(begin, last.end) <= overlap_tokens_) return begin;
      }
    }
    return last.end;
  }

  std::string_view text_;
  size_t max_tokens_;
  size_t overlap_tokens_;
  const std::function<size_t(std::string_view)>& count_;
  Borders borders_;
  double bytes_per_token_ = 4;
};

size_t PassageEnd(std::string_view text, const Borders& borders, size_t begin, size_t max_bytes) {
  if (text.size() - begin <= max_bytes) return text.size();
  for (const auto* level : {&borders.sentences, &borders.words}) {
    const size_t end = LastBorderUpTo(*level, begin + max_bytes);
    if (end > begin) return end;
  }
  const size_t end = CodePointBorderUpTo(text, begin + max_bytes);
  return end > begin ? end : CodePointEnd(text, begin);
}

}  // namespace

std::vector<TextRange> Sentences(std::string_view text) {
  std::vector<TextRange> sentences;
  size_t begin = 0;
  for (size_t end : FindBorders(text).sentences) {
    sentences.push_back({begin, end});
    begin = end;
  }
  return sentences;
}

std::vector<TextRange> Passages(std::string_view text, size_t max_bytes) {
  const Borders borders = FindBorders(text);
  std::vector<TextRange> passages;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = PassageEnd(text, borders, begin, max_bytes);
    passages.push_back({begin, end});
    begin = end;
  }
  return passages;
}

std::vector<TextRange> Chunks(std::string_view text, size_t max_tokens, size_t overlap_tokens,
                              const std::function<size_t(std::string_view)>& count) {
  return Chunker(text, max_tokens, overlap_tokens, count).Cut();
}

}  // namespace nexus::text
