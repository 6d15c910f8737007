#include "api/cursor.h"
#include "api/etag.h"
#include "api/filter.h"
#include "api/handlers.h"
#include "base/bytes.h"
#include "base/json.h"
#include "memory/embedded.h"

namespace nexus::api {
namespace {

constexpr std::chrono::seconds kWaitEmbedded{30};
constexpr std::chrono::seconds kWaitForPosition{5};
constexpr int64_t kRecallLimit = 10;
constexpr int64_t kPackedLimit = 100;  // with a token_budget
constexpr int64_t kMaxRevisionPage = 16;

Episode ToEpisode(NewEpisode&& from, Timestamp now) {
  Episode episode;
  episode.content = std::move(from.content);
  episode.occurred_at = from.occurred_at.value_or(now);
  episode.importance_score = from.importance_score;
  episode.tags = std::move(from.tags);
  episode.project_id = std::move(from.project_id);
  episode.session_id = std::move(from.session_id);
  episode.speaker = std::move(from.speaker);
  episode.metadata = SerializeJson(from.metadata);
  return episode;
}

void Fill(EpisodeView& view, Episode&& from) {
  view.id = from.id;
  view.content = std::move(from.content);
  view.occurred_at = from.occurred_at;
  view.created_at = from.created_at;
  view.importance_score = from.importance_score;
  view.tags = std::move(from.tags);
  view.project_id = std::move(from.project_id);
  view.session_id = std::move(from.session_id);
  view.speaker = std::move(from.speaker);
  if (auto metadata = ParseJson(from.metadata); metadata && metadata->is_object()) {
    view.metadata = std::move(metadata->get_object());
  }
  view.version = from.version;
  view.invalidated_at = from.invalidated_at;
  view.superseded_by = from.superseded_by;
}

NewEpisode ToNew(const Episode& from) {
  NewEpisode made{.content = from.content,
                  .occurred_at = from.occurred_at,
                  .speaker = from.speaker,
                  .session_id = from.session_id,
                  .tags = from.tags,
                  .importance_score = from.importance_score,
                  .project_id = from.project_id,
                  .metadata = {}};
  if (auto metadata = ParseJson(from.metadata); metadata && metadata->is_object()) {
    made.metadata = std::move(metadata->get_object());
  }
  return made;
}

// RFC 7396.
void MergePatch(boost::json::object& target, const boost::json::object& patch) {
  for (const auto& [name, value] : patch) {
    if (value.is_null()) {
      target.erase(name);
    } else if (value.is_object()) {
      boost::json::value& member = target[name];
      if (!member.is_object()) member = boost::json::object();
      MergePatch(member.get_object(), value.get_object());
    } else {
      target[name] = value;
    }
  }
}

// `old` with the patch applied; the text of what does not change stays as it is.
Result<Episode> Patched(Episode old, const boost::json::object& patch) {
  const NewEpisode before = ToNew(old);
  boost::json::value merged = ToJson(before);
  MergePatch(merged.as_object(), patch);
  auto after = FromJson<NewEpisode>(merged);
  if (!after) return std::unexpected(after.error());
  const bool same_metadata = after->metadata == before.metadata;
  Episode made = ToEpisode(std::move(*after), old.created_at);
  made.id = old.id;
  made.created_at = old.created_at;
  made.version = old.version;
  if (same_metadata) made.metadata = std::move(old.metadata);
  return made;
}

size_t ContentBytes(const std::vector<Episode>& episodes) {
  size_t bytes = 0;
  for (const Episode& episode : episodes) bytes += episode.content.size();
  return bytes;
}

EpisodeView View(Episode&& episode) {
  EpisodeView view;
  Fill(view, std::move(episode));
  return view;
}

std::vector<EpisodeView> Views(std::vector<Episode>&& episodes) {
  std::vector<EpisodeView> views;
  for (Episode& episode : episodes) views.push_back(View(std::move(episode)));
  return views;
}

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

Result<std::optional<memory::IdempotencyKey>> ReadIdempotencyKey(const http::Request& request) {
  auto header = request.headers.Find("idempotency-key");
  if (!header) return std::nullopt;
  if (header->empty() || header->size() > memory::kMaxIdempotencyKeyBytes ||
      !std::ranges::all_of(*header, [](char c) { return c >= 0x20 && c < 0x7F; })) {
    return Fail(ErrorCode::kInvalid, "Idempotency-Key must be 1 to {} printable ASCII characters.",
                memory::kMaxIdempotencyKeyBytes);
  }
  return memory::IdempotencyKey{std::string(*header), ToHex(Sha256(request.body))};
}

// `one` tells the two forms of the request apart for the answer.
struct Batch {
  bool one = true;
  std::vector<Episode> episodes;
};

Result<Batch> ReadBatch(const boost::json::value& body, Timestamp now) {
  Batch batch;
  const auto* object = body.if_object();
  batch.one = object == nullptr || !object->contains("episodes");
  if (batch.one) {
    auto episode = FromJson<NewEpisode>(body);
    if (!episode) return std::unexpected(episode.error());
    batch.episodes.push_back(ToEpisode(std::move(*episode), now));
    return batch;
  }
  auto several = FromJson<NewEpisodes>(body);
  if (!several) return std::unexpected(several.error());
  for (NewEpisode& episode : several->episodes) {
    batch.episodes.push_back(ToEpisode(std::move(episode), now));
  }
  return batch;
}

Result<Uuid> EpisodeId(const Call& call) {
  auto id = ParseUuid(call.arguments.at(0));
  if (!id) return Fail(ErrorCode::kNotFound, "There is no episode {}.", call.arguments.at(0));
  return *id;
}

Task<std::optional<bool>> WaitIfAsked(Services& services, Wait wait, Uuid brain,
                                      std::vector<Uuid> ids) {
  if (wait != Wait::kEmbedded) co_return std::nullopt;
  if (services.vectors == nullptr) co_return false;
  co_return co_await memory::WaitEmbedded(*services.vectors, brain, std::move(ids), kWaitEmbedded);
}

}  // namespace

Task<Result<boost::json::value>> RememberEpisodes(Services& services, Call call,
                                                  boost::json::value body) {
  auto parameters = FromJson<RememberParameters>(call.query);
  if (!parameters) co_return std::unexpected(parameters.error());
  auto key = ReadIdempotencyKey(call.request);
  if (!key) co_return std::unexpected(key.error());
  auto batch = ReadBatch(body, services.clock.Now());
  if (!batch) co_return std::unexpected(batch.error());
  auto stored = co_await services.remember.Store(call.brain.id, std::move(batch->episodes),
                                                 !batch->one, std::move(*key));
  if (!stored) co_return std::unexpected(stored.error());

  std::vector<Uuid> ids;
  for (const auto& item : stored->items) ids.push_back(item.id);
  const auto embedded =
      co_await WaitIfAsked(services, parameters->wait, call.brain.id, std::move(ids));
  EpisodeReceipts receipts;
  for (const auto& item : stored->items) {
    receipts.episodes.push_back(
        {item.id, item.version, stored->position, item.created_at, embedded});
  }
  if (batch->one) co_return ToJson(receipts.episodes.front());
  co_return ToJson(receipts);
}

Task<Result<EpisodePage>> ListEpisodes(Services& services, Call call, ListRequest request) {
  auto filter = ReadConditions(request, "");
  if (!filter) co_return std::unexpected(filter.error());
  std::optional<Uuid> before;
  if (request.cursor) {
    auto id = ReadIdCursor(*request.cursor);
    if (!id) co_return std::unexpected(id.error());
    before = *id;
  }
  auto found =
      co_await services.episodes.List(call.brain.id, std::move(*filter), before, request.limit + 1,
                                      static_cast<int64_t>(kMaxAnswerBytes));
  const bool beyond = std::ssize(found) > request.limit;
  if (beyond) found.pop_back();
  EpisodePage page;
  if (beyond || ContentBytes(found) >= kMaxAnswerBytes) {
    page.next_cursor = MakeCursor(found.back().id.ToString());
  }
  for (Episode& episode : found) page.episodes.push_back(View(std::move(episode)));
  co_return page;
}

Task<Result<EpisodeView>> GetEpisode(Services& services, Call call, NoParameters) {
  auto id = EpisodeId(call);
  if (!id) co_return std::unexpected(id.error());
  auto found = co_await services.episodes.Get(call.brain.id, {*id});
  if (found.empty())
    co_return Fail(ErrorCode::kNotFound, "There is no episode {}.", id->ToString());
  co_return View(std::move(found.front()));
}

Task<Result<boost::json::value>> ReviseEpisode(Services& services, Call call,
                                               boost::json::value body) {
  auto id = EpisodeId(call);
  if (!id) co_return std::unexpected(id.error());
  auto version = ReadIfMatch(call.request);
  if (!version) co_return std::unexpected(version.error());
  if (auto patch = FromJson<EpisodePatch>(body); !patch) co_return std::unexpected(patch.error());
  const auto change = [&body](Episode old) { return Patched(std::move(old), body.get_object()); };
  auto revised = co_await services.revise.Run(call.brain.id, *id, *version, change);
  if (!revised) co_return std::unexpected(revised.error());
  co_return ToJson(View(std::move(*revised)));
}

Task<Result<EpisodeView>> InvalidateEpisode(Services& services, Call call, Invalidation request) {
  auto id = EpisodeId(call);
  if (!id) co_return std::unexpected(id.error());
  auto version = ReadIfMatch(call.request);
  if (!version) co_return std::unexpected(version.error());
  auto ended =
      co_await services.revise.Invalidate(call.brain.id, *id, *version, request.superseded_by);
  if (!ended) co_return std::unexpected(ended.error());
  co_return View(std::move(*ended));
}

Task<Result<RevisionPage>> ListRevisions(Services& services, Call call, PageRequest request) {
  auto id = EpisodeId(call);
  if (!id) co_return std::unexpected(id.error());
  std::optional<int64_t> before;
  if (request.cursor) {
    auto version = ReadNumberCursor(*request.cursor);
    if (!version) co_return std::unexpected(version.error());
    before = *version;
  }
  if ((co_await services.episodes.Get(call.brain.id, {*id})).empty()) {
    co_return Fail(ErrorCode::kNotFound, "There is no episode {}.", id->ToString());
  }
  // Each may hold a megabyte.
  const int64_t limit = std::min(request.limit, kMaxRevisionPage);
  auto found = co_await services.episodes.ListRevisions(call.brain.id, *id, before, limit + 1);
  RevisionPage page;
  if (std::ssize(found) > limit) {
    found.pop_back();
    page.next_cursor = MakeCursor(std::to_string(found.back().episode.version));
  }
  for (store::Revision& revision : found) {
    RevisionView view;
    Fill(view, std::move(revision.episode));
    view.replaced_at = revision.replaced_at;
    page.revisions.push_back(std::move(view));
  }
  co_return page;
}

Task<Result<boost::json::value>> DeleteEpisode(Services& services, Call call, boost::json::value) {
  auto id = EpisodeId(call);
  if (!id) co_return std::unexpected(id.error());
  auto version = ReadIfMatch(call.request);
  if (!version) co_return std::unexpected(version.error());
  if (!co_await services.episodes.Delete(call.brain.id, *id, *version)) {
    if (*version && !(co_await services.episodes.Get(call.brain.id, {*id})).empty()) {
      co_return Fail(ErrorCode::kPreconditionFailed,
                     "If-Match asks for version {}, and it is another one.", **version);
    }
    co_return Fail(ErrorCode::kNotFound, "There is no episode {}.", id->ToString());
  }
  services.indexes.Remove(call.brain.id, *id);
  co_return boost::json::value();
}

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
