#include "embed/passages.h"

#include <algorithm>

#include "embed/pooling.h"

namespace nexus::embed {
namespace {

using text::TextRange;
using text::Turn;

// No turn gives more than this to a context: a token is hardly ever longer.
constexpr size_t kMaxBytesPerToken = 16;

bool IsSpace(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
bool ContinuesCodePoint(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

// The longest beginning of `text` of at most `limit` bytes that ends before white space; where a
// word is longer than half of it (or words are not spaced), one that ends between code points.
std::string_view Shortened(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  size_t end = limit;
  while (end > 0 && ContinuesCodePoint(text[end])) --end;
  size_t border = end;
  while (border > end / 2 && !IsSpace(text[border])) --border;
  return text.substr(0, border > end / 2 ? border : end);
}

bool Fits(const Embedder& embedder, std::string_view text) {
  return embedder.CountTokens(text, TextRole::kPassage) <= embedder.info().max_tokens;
}

// Shortens the farthest turn until the context fits; false if nothing of the turn can stay.
bool ShortenFarthest(const Embedder& embedder, std::string_view plain, std::vector<Turn>& turns) {
  const std::string whole = std::move(turns.back().text);
  const auto fits = [&](size_t bytes) {
    turns.back().text = Shortened(whole, bytes);
    return Fits(embedder, text::ContextText(plain, turns));
  };
  size_t good = 0, bad = whole.size();
  while (bad - good > 1) {
    const size_t middle = good + (bad - good) / 2;
    (fits(middle) ? good : bad) = middle;
  }
  return fits(good) && !turns.back().text.empty();
}

std::string ContextThatFits(const Embedder& embedder, const std::string& plain,
                            std::span<const Turn> before) {
  std::vector<Turn> turns;
  for (const Turn& turn : before) {
    const size_t limit = embedder.info().max_tokens * kMaxBytesPerToken;
    turns.push_back({turn.speaker, std::string(Shortened(turn.text, limit))});
  }
  while (!turns.empty()) {
    std::string context = text::ContextText(plain, turns);
    if (Fits(embedder, context)) return context;
    if (!ShortenFarthest(embedder, plain, turns)) turns.pop_back();
  }
  return plain;
}

}  // namespace

std::vector<TextRange> ChunksThatFit(const Embedder& embedder, std::string_view content,
                                     TextRole role,
                                     const std::function<std::string(std::string_view)>& framed) {
  const size_t limit = embedder.info().max_tokens;
  const size_t special = embedder.tokenizer().special_tokens();
  const auto fits = [&](TextRange range) {
    const auto piece = content.substr(range.begin, range.end - range.begin);
    return embedder.CountTokens(framed(piece), role) <= limit;
  };
  const auto count = [&](std::string_view piece) {
    return embedder.tokenizer().Encode(piece).size() - special;
  };
  const size_t frame = embedder.CountTokens(framed(""), role);
  size_t budget = frame < limit ? limit - frame : 1;
  // Pieces put together may need a few tokens more than the sum of them: then a little less.
  for (;;) {
    auto ranges = text::Chunks(content, budget, std::min(kOverlapTokens, budget / 4), count);
    if (budget == 1 || std::ranges::all_of(ranges, fits)) return ranges;
    budget -= std::max<size_t>(1, budget / 32);
  }
}

std::vector<Passage> Passages(const Embedder& embedder, std::string_view content,
                              std::optional<std::string_view> speaker, Timestamp occurred_at,
                              std::span<const Turn> before) {
  const auto frame = text::IndexedText(speaker, occurred_at, "");
  if (embedder.CountTokens(frame, TextRole::kPassage) > embedder.info().max_tokens / 2)
    speaker = {};
  const auto framed = [&](std::string_view piece) {
    return text::IndexedText(speaker, occurred_at, piece);
  };
  auto ranges = ChunksThatFit(embedder, content, TextRole::kPassage, framed);
  if (ranges.empty()) ranges.push_back({});
  std::vector<Passage> passages;
  for (const TextRange& range : ranges) {
    std::string plain = framed(content.substr(range.begin, range.end - range.begin));
    std::string context = passages.empty() ? ContextThatFits(embedder, plain, before) : plain;
    passages.push_back({static_cast<uint32_t>(range.begin), static_cast<uint32_t>(range.end),
                        std::move(plain), std::move(context)});
  }
  return passages;
}

std::vector<std::vector<float>> EmbedPassages(const Embedder& embedder,
                                              std::span<const Passage> passages) {
  std::vector<std::string> texts;
  for (const Passage& passage : passages) {
    texts.push_back(passage.plain);
    if (passage.context != passage.plain) texts.push_back(passage.context);
  }
  std::vector<std::vector<float>> rows = embedder.EmbedAll(texts, TextRole::kPassage);
  std::vector<std::vector<float>> vectors;
  size_t next = 0;
  for (const Passage& passage : passages) {
    std::vector<float>& vector = vectors.emplace_back(std::move(rows[next++]));
    if (passage.context == passage.plain) continue;
    const std::vector<float>& context = rows[next++];
    for (size_t i = 0; i < vector.size(); ++i) vector[i] = (vector[i] + context[i]) / 2;
  }
  return vectors;
}

std::vector<float> EmbedQuestion(const Embedder& embedder, std::string_view question) {
  const auto framed = [](std::string_view piece) { return std::string(piece); };
  std::vector<std::string> pieces;
  for (TextRange range : ChunksThatFit(embedder, question, TextRole::kQuery, framed)) {
    pieces.emplace_back(question.substr(range.begin, range.end - range.begin));
  }
  if (pieces.size() <= 1) return embedder.Embed(question, TextRole::kQuery);
  std::vector<float> rows;
  for (const std::vector<float>& row : embedder.EmbedAll(pieces, TextRole::kQuery)) {
    rows.insert(rows.end(), row.begin(), row.end());
  }
  return UnitVector(MeanOfRows(rows, embedder.info().dimension));
}

}  // namespace nexus::embed
