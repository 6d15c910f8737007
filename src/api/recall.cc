#include "memory/recall.h"

#include "api/episode_views.h"
#include "api/filter.h"
#include "api/handlers.h"

namespace nexus::api {
namespace {

constexpr std::chrono::seconds kWaitForPosition{5};
constexpr int64_t kRecallLimit = 10;
constexpr int64_t kPackedLimit = 100;  // with a token_budget

std::optional<int64_t> Rank(size_t place) {
  if (place == 0) return std::nullopt;
  return place;
}

ExplanationView View(const recall::Explanation& from, const std::vector<std::string>& words) {
  ExplanationView view{.words_rank = Rank(from.words_rank),
                       .meaning_rank = Rank(from.meaning_rank),
                       .session = from.session,
                       .recency = from.recency,
                       .importance = from.importance,
                       .matched_words = {}};
  for (size_t place : from.matched) view.matched_words.push_back(words.at(place));
  return view;
}

RecallResult View(memory::Recollection&& found, const RecallRequest& request,
                  const std::vector<std::string>& words) {
  RecallResult result;
  Fill(result, std::move(found.episode));
  result.score = found.score;
  result.words = found.words;
  result.meaning = found.meaning;
  result.chunk = {found.begin, found.end};
  if (request.expand > 0) {
    result.before = Views(std::move(found.before));
    result.after = Views(std::move(found.behind));
  }
  if (request.dedupe) result.folded = std::move(found.folded);
  if (request.token_budget) result.tokens = found.tokens;
  if (request.explain) result.explanation = View(found.explanation, words);
  return result;
}

memory::RecallQuestion ToQuestion(const RecallRequest& request, EpisodeFilter filter) {
  const int64_t limit = request.limit.value_or(request.token_budget ? kPackedLimit : kRecallLimit);
  return {.query = request.query,
          .mode = request.mode,
          .limit = static_cast<size_t>(limit),
          .filter = std::move(filter),
          .recency_weight = request.recency_weight,
          .half_life = std::chrono::duration<double, std::chrono::days::period>(
              request.recency_half_life_days),
          .importance_weight = request.importance_weight,
          .neighbours = static_cast<size_t>(request.expand),
          .token_budget = request.token_budget,
          .dedupe = request.dedupe,
          .explain = request.explain,
          .as_of = request.as_of};
}

double Milliseconds(double seconds) { return std::round(seconds * 1e6) / 1e3; }

}  // namespace

Task<Result<RecallAnswer>> RecallEpisodes(Services& services, Call call, RecallRequest request) {
  const auto begin = std::chrono::steady_clock::now();
  auto filter = ReadFilter(std::move(request.filter), "/filter");
  if (!filter) co_return std::unexpected(filter.error());
  if (request.as_of && *request.as_of > services.clock.Now()) {
    co_return FailField(ErrorCode::kInvalid, "/as_of", "lies in the future");
  }
  if (request.min_position) {
    auto position = store::ParsePosition(*request.min_position);
    if (!position) {
      co_return FailField(ErrorCode::kInvalid, "/min_position", "is not the position of a write");
    }
    auto error = co_await services.position.WaitFor(*std::move(position), kWaitForPosition);
    if (error) co_return std::unexpected(*std::move(error));
  }
  auto recalled =
      co_await services.recall.Run(call.brain.id, ToQuestion(request, std::move(*filter)));
  RecallAnswer answer;
  for (memory::Recollection& found : recalled.results) {
    answer.results.push_back(View(std::move(found), request, recalled.words));
  }
  answer.degraded = std::move(recalled.degraded);
  if (request.token_budget) answer.omitted = recalled.omitted;
  if (request.explain) {
    const auto& [embed, search, fetch] = recalled.times;
    answer.times = TimesView{Milliseconds(embed), Milliseconds(search), Milliseconds(fetch)};
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  answer.took_ms = Milliseconds(took.count());
  co_return answer;
}

}  // namespace nexus::api
