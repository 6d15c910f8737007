#include "api/cursor.h"
#include "api/episode_views.h"
#include "api/etag.h"
#include "api/filter.h"
#include "api/handlers.h"
#include "base/json.h"
#include "memory/embedded.h"

namespace nexus::api {
namespace {

constexpr std::chrono::seconds kWaitEmbedded{30};
constexpr int64_t kMaxRevisionPage = 16;

size_t ContentBytes(const std::vector<Episode>& episodes) {
  size_t bytes = 0;
  for (const Episode& episode : episodes) bytes += episode.content.size();
  return bytes;
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

Result<memory::Target> ReadTarget(Call& call) {
  auto id = EpisodeId(call);
  if (!id) return std::unexpected(id.error());
  auto version = ReadIfMatch(call.request);
  if (!version) return std::unexpected(version.error());
  return memory::Target{call.brain.id, *id, *version, std::move(call.key)};
}

Task<std::optional<bool>> WaitIfAsked(Services& services, Wait wait, Uuid brain,
                                      std::vector<Uuid> ids) {
  if (wait != Wait::kEmbedded) co_return std::nullopt;
  const memory::SharedSpace space = services.spaces.active();
  if (space->vectors() == nullptr) co_return false;
  co_return co_await memory::WaitEmbedded(*space->vectors(), brain, std::move(ids), kWaitEmbedded);
}

}  // namespace

Task<Result<boost::json::value>> RememberEpisodes(Services& services, Call call,
                                                  boost::json::value body) {
  auto parameters = FromJson<RememberParameters>(call.query);
  if (!parameters) co_return std::unexpected(parameters.error());
  auto batch = ReadBatch(body, services.clock.Now());
  if (!batch) co_return std::unexpected(batch.error());
  auto stored = co_await services.remember.Store(call.brain.id, std::move(batch->episodes),
                                                 !batch->one, std::move(call.key));
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
  auto target = ReadTarget(call);
  if (!target) co_return std::unexpected(target.error());
  if (auto patch = FromJson<EpisodePatch>(body); !patch) co_return std::unexpected(patch.error());
  const auto change = [&body](Episode old) { return Patched(std::move(old), body.get_object()); };
  auto revised = co_await services.revise.Run(std::move(*target), change);
  if (!revised) co_return std::unexpected(revised.error());
  co_return ToJson(View(std::move(*revised)));
}

Task<Result<EpisodeView>> InvalidateEpisode(Services& services, Call call, Invalidation request) {
  auto target = ReadTarget(call);
  if (!target) co_return std::unexpected(target.error());
  auto ended = co_await services.revise.Invalidate(std::move(*target), request.superseded_by);
  if (!ended) co_return std::unexpected(ended.error());
  co_return View(std::move(*ended));
}

Task<Result<RevisionPage>> ListRevisions(Services& services, Call call,
                                         RevisionListRequest request) {
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
  auto target = ReadTarget(call);
  if (!target) co_return std::unexpected(target.error());
  auto erased = co_await services.revise.Erase(std::move(*target));
  if (!erased) co_return std::unexpected(erased.error());
  co_return boost::json::value();
}

}  // namespace nexus::api
