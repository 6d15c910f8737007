#include "memory/recall.h"

#include <algorithm>
#include <chrono>
#include <ranges>
#include <span>
#include <utility>

#include "base/log.h"
#include "text/terms.h"

namespace nexus::memory {

namespace {

constexpr size_t kRowsAtOnce = 100;  // each may hold a megabyte
constexpr size_t kBytesPerToken = 4;

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::vector<Uuid> IdsOf(std::span<const recall::Hit> hits) {
  std::vector<Uuid> ids;
  for (const recall::Hit& hit : hits) {
    ids.push_back(hit.id);
    ids.insert(ids.end(), hit.before.begin(), hit.before.end());
    ids.insert(ids.end(), hit.behind.begin(), hit.behind.end());
  }
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  return ids;
}

using Rows = std::unordered_map<Uuid, Episode>;

// Of the ids that have a row which is valid.
std::vector<Episode> Those(const Rows& rows, const std::vector<Uuid>& ids) {
  std::vector<Episode> found;
  for (const Uuid& id : ids) {
    auto row = rows.find(id);
    if (row != rows.end() && !row->second.invalidated_at) found.push_back(row->second);
  }
  return found;
}

size_t ContentBytes(const std::vector<Episode>& episodes) {
  size_t bytes = 0;
  for (const Episode& episode : episodes) bytes += episode.content.size();
  return bytes;
}

Recollection MakeRecollection(const Rows& rows, const Episode& row, recall::Hit hit) {
  // The text may have been replaced since it was indexed.
  const auto size = static_cast<uint32_t>(row.content.size());
  return {.episode = row,
          .score = hit.score,
          .words = hit.words,
          .meaning = hit.meaning,
          .begin = std::min(hit.begin, size),
          .end = std::min(hit.end, size),
          .before = Those(rows, hit.before),
          .behind = Those(rows, hit.behind),
          .folded = std::move(hit.folded),
          .explanation = std::move(hit.explanation)};
}

size_t CountTokens(const text::Tokenizer* tokenizer, std::string_view content) {
  if (tokenizer == nullptr || !tokenizer->is_exact()) {
    return (content.size() + kBytesPerToken - 1) / kBytesPerToken;
  }
  return tokenizer->Encode(content).size() - tokenizer->special_tokens();
}

size_t CountTokens(const text::Tokenizer* tokenizer, const Recollection& result) {
  size_t tokens = CountTokens(tokenizer, result.episode.content);
  for (const auto* neighbours : {&result.before, &result.behind}) {
    for (const Episode& episode : *neighbours) tokens += CountTokens(tokenizer, episode.content);
  }
  return tokens;
}

Task<std::vector<float>> EmbedOrDegrade(embed::QueryLane* lane, std::string query,
                                        std::vector<std::string>& degraded) {
  if (lane != nullptr) {
    try {
      co_return co_await lane->Embed(std::move(query), Recall::kEmbedTimeout);
    } catch (const Failure& failure) {
      LogWarning("a question was answered by words alone", {{"error", failure.what()}});
    }
  }
  degraded.emplace_back("vectors");
  co_return std::vector<float>{};
}

}  // namespace

Recall::Recall(store::Episodes& episodes, Spaces& spaces, ComputePool& compute, const Clock& clock,
               Metrics& metrics)
    : episodes_(episodes),
      spaces_(spaces),
      compute_(compute),
      clock_(clock),
      seconds_(metrics.histogram("nexus_recall_seconds", "From the question to the memories.")) {}

Task<Recalled> Recall::RunIn(SharedSpace space, Uuid brain, RecallQuestion asked) {
  const auto begin = std::chrono::steady_clock::now();
  Recalled recalled;
  recall::Question question{.terms = text::QuestionTerms(asked.query),
                            .vector = {},
                            .mode = asked.mode,
                            .limit = asked.limit,
                            .filter = std::move(asked.filter),
                            .recency_weight = asked.recency_weight,
                            .half_life = asked.half_life,
                            .now = asked.as_of.value_or(clock_.Now()),
                            .importance_weight = asked.importance_weight,
                            .neighbours = asked.neighbours,
                            .dedupe = asked.dedupe,
                            .explain = asked.explain};
  for (const text::QuestionTerm& term : question.terms) recalled.words.push_back(term.word);
  if (asked.mode != recall::Mode::kWords) {
    question.vector =
        co_await EmbedOrDegrade(space->lane(), std::move(asked.query), recalled.degraded);
  }
#ifdef NEXUS_MUTANT_TWO_SPACES
  space = spaces_.active();
#endif
  recalled.times.embed = SecondsSince(begin);
  std::shared_ptr<const recall::BrainIndex> index;
  if (asked.as_of) {
    index = co_await space->past().Load(brain, *asked.as_of);
  } else {
    index = co_await space->indexes().Get(brain);
  }
  const auto search = std::chrono::steady_clock::now();
  std::vector<recall::Hit> hits = co_await compute_.Run(
      [index, question = std::move(question)] { return index->Search(question); });
  recalled.times.search = SecondsSince(search);
  const auto fetch = std::chrono::steady_clock::now();
  recalled.results = co_await Fetch(space, brain, asked.as_of, std::move(hits));
  if (asked.token_budget) co_await Pack(space, recalled, *asked.token_budget);
  recalled.times.fetch = SecondsSince(fetch);
  seconds_.Observe(SecondsSince(begin));
  co_return recalled;
}

// The rows of the hits that are still there, in the order of the hits.
Task<std::vector<Recollection>> Recall::Fetch(SharedSpace space, Uuid brain,
                                              std::optional<Timestamp> as_of,
                                              std::vector<recall::Hit> hits) {
  std::vector<Recollection> results;
  size_t bytes = 0;
  const size_t widest =
      hits.empty() ? 0 : std::ranges::max(hits | std::views::transform([](auto& hit) {
                                            return hit.before.size() + hit.behind.size();
                                          }));
  const size_t hits_at_once = std::max<size_t>(1, kRowsAtOnce / (1 + widest));
  for (auto part : hits | std::views::chunk(hits_at_once)) {
    std::vector<Uuid> ids = IdsOf(std::span(part.begin(), part.end()));
    std::vector<Episode> found;
    if (as_of) {
      found = co_await space->past().Get(brain, *as_of, std::move(ids));
    } else {
      found = co_await episodes_.Get(brain, std::move(ids));
    }
    Rows rows;
    for (Episode& row : found) rows.emplace(row.id, std::move(row));
    for (recall::Hit& hit : part) {
      const auto row = rows.find(hit.id);
      if (row == rows.end() || row->second.invalidated_at) {
        if (!as_of) space->indexes().Remove(brain, hit.id);
        continue;
      }
      if (bytes >= kMaxAnswerBytes) co_return results;
      const Recollection& result =
          results.emplace_back(MakeRecollection(rows, row->second, std::move(hit)));
      bytes +=
          result.episode.content.size() + ContentBytes(result.before) + ContentBytes(result.behind);
    }
  }
  co_return results;
}

Task<> Recall::Pack(SharedSpace space, Recalled& recalled, size_t budget) {
  recalled.results = co_await compute_.Run(
      [tokenizer = space->tokenizer(), results = std::move(recalled.results)]() mutable {
        for (Recollection& result : results) result.tokens = CountTokens(tokenizer, result);
        return std::move(results);
      });
  size_t left = budget;
  recalled.omitted = std::erase_if(recalled.results, [&left](const Recollection& result) {
    if (result.tokens > left) return true;
    left -= result.tokens;
    return false;
  });
}

}  // namespace nexus::memory
